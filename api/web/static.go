package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed static/*
var staticFiles embed.FS

// static holds styles, scripts and signs. All of them lie under one hash of
// everything, so scripts import each other by plain relative names and a
// browser may keep each file for ever.
type static struct {
	hash      string
	files     map[string]staticFile
	importing *regexp.Regexp // an import in a script
}

type staticFile struct {
	contentType string
	plain       []byte
	gzipped     []byte
}

func newStatic() (*static, error) {
	s := &static{files: make(map[string]staticFile), importing: regexp.MustCompile(`(?m)^import (?:.* from )?'\./([^']+)';$`)}
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d ", name, len(b))
		sum.Write(b)
		f := staticFile{contentType: mime.TypeByExtension(path.Ext(name)), plain: b}
		if strings.HasSuffix(name, ".js") {
			f.contentType = "text/javascript; charset=utf-8"
		}
		if f.gzipped, err = gzipped(b, gzip.BestCompression); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.files[path.Base(name)] = f
		return nil
	})
	s.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return s, err
}

// imports are the scripts that the script file needs, all the way down, without
// file itself: a browser that is told of them need not find them one by one.
func (s *static) imports(file string) []string {
	needed := []string{file}
	for i := 0; i < len(needed); i++ {
		for _, m := range s.importing.FindAllSubmatch(s.files[needed[i]].plain, -1) {
			if name := string(m[1]); !slices.Contains(needed, name) {
				needed = append(needed, name)
			}
		}
	}
	return needed[1:]
}

// url is where a file is served.
func (s *static) url(file string) (string, error) {
	if _, ok := s.files[file]; !ok {
		return "", fmt.Errorf("no static file %q", file)
	}
	return "/static/" + s.hash + "/" + file, nil
}

func (s *static) serve(w http.ResponseWriter, r *http.Request) {
	caching := "public, max-age=31536000, immutable"
	if r.PathValue("hash") != s.hash { // a page of another version of the binary asks
		caching = "no-cache"
	}
	s.send(w, r, r.PathValue("file"), caching)
}

func (s *static) favicon(w http.ResponseWriter, r *http.Request) {
	s.send(w, r, "favicon.svg", "public, max-age=86400")
}

func (s *static) send(w http.ResponseWriter, r *http.Request, file, caching string) {
	f, ok := s.files[file]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", caching)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	answer(w, http.StatusOK, body)
}

// takesGzip reports whether the client names gzip without refusing it.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(params, " ", "") != "q=0"
		}
	}
	return false
}

func gzipped(b []byte, level int) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
