package recommend

// A Surface is a kind of page. Each has its own weights over the same features,
// for what makes somebody choose differs with where he is.
type Surface uint8

// The surfaces.
const (
	SurfaceHome  Surface = iota // the whole window
	SurfaceTopic                // a window of some topics
	SurfaceRank                 // candidates that the caller brings
	surfaces
)

// Surfaces returns all surfaces.
func Surfaces() []Surface { return []Surface{SurfaceHome, SurfaceTopic, SurfaceRank} }

// String is the name of s, as weights and windows carry it.
func (s Surface) String() string {
	switch s {
	case SurfaceHome:
		return "home"
	case SurfaceTopic:
		return "topic"
	case SurfaceRank:
		return "rank"
	case surfaces:
	}
	return "unknown"
}

// SurfaceNamed is the surface with a name; ok is false if there is none.
func SurfaceNamed(name string) (s Surface, ok bool) {
	for _, s := range Surfaces() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}
