package main_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A manifest is what the test reads of a Kubernetes object.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Replicas    int
		AccessModes []string `yaml:"accessModes"`
		Template    struct {
			Spec struct {
				Containers []struct {
					Args         []string
					VolumeMounts []struct {
						Name      string
						MountPath string `yaml:"mountPath"`
					} `yaml:"volumeMounts"`
				}
				Volumes []struct {
					Name                  string
					PersistentVolumeClaim struct {
						ClaimName string `yaml:"claimName"`
					} `yaml:"persistentVolumeClaim"`
				}
			}
		}
	}
}

// manifests are those that kustomize applies.
func manifests(t *testing.T) (all []manifest) {
	t.Helper()
	const dir = "../../deploy/k8s"
	read := func(name string) []byte {
		b, err := os.ReadFile(path.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var k struct{ Resources []string }
	if err := yaml.Unmarshal(read("kustomization.yaml"), &k); err != nil {
		t.Fatal(err)
	}
	for _, name := range k.Resources {
		for dec := yaml.NewDecoder(bytes.NewReader(read(name))); ; {
			var m manifest
			if err := dec.Decode(&m); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, m)
		}
	}
	return all
}

// TestProcessesOfTheAPIShareTheDirectoryOfExports reads the manifests: what one
// process makes another has to hand out, on whatever node it is.
func TestProcessesOfTheAPIShareTheDirectoryOfExports(t *testing.T) {
	all := manifests(t)
	claims := make(map[string]manifest)
	for _, m := range all {
		if m.Kind == "PersistentVolumeClaim" {
			claims[m.Metadata.Name] = m
		}
	}
	shared := 0
	for _, m := range all {
		spec := m.Spec.Template.Spec
		claimOf := make(map[string]string)
		for _, v := range spec.Volumes {
			claimOf[v.Name] = v.PersistentVolumeClaim.ClaimName
		}
		for _, c := range spec.Containers {
			at := make(map[string]string)
			for _, mount := range c.VolumeMounts {
				if _, ok := claimOf[mount.Name]; !ok {
					t.Errorf("%s mounts %q, which is no volume of it", m.Metadata.Name, mount.Name)
				}
				at[mount.MountPath] = mount.Name
			}
			for _, arg := range c.Args {
				dir, ok := strings.CutPrefix(arg, "--exports=")
				if !ok {
					continue
				}
				shared++
				claim, ok := claims[claimOf[at[dir]]]
				if !ok || m.Spec.Replicas > 1 && !slices.Contains(claim.Spec.AccessModes, "ReadWriteMany") {
					t.Errorf("%d processes of %s keep exports at %s, which is claim %q, %v: want one that all can write", m.Spec.Replicas, m.Metadata.Name, dir, claim.Metadata.Name, claim.Spec.AccessModes)
				}
			}
		}
	}
	if shared != 1 {
		t.Errorf("%d containers keep exports, want that of the API", shared)
	}
}
