package ingest

// Folders are all folds of this version, one a topic.
func Folders() []Folder {
	return []Folder{Rulings(), Catalog(), Picks(), Actions(), Orders(), Models()}
}
