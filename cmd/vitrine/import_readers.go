package main

import (
	"context"
	"encoding/json"
	"fmt"

	"vitrine.dev/recommend"
)

// readerOf names the reader that a record is about, "" if there is none.
func readerOf(e *recommend.Event) string {
	switch e.Type {
	case recommend.TypeReaderDeclared, recommend.TypeActed:
		return e.Key
	case recommend.TypeOrderReported:
		o, _ := decodeAs[recommend.OrderReport](e.Data) // was parsed before
		return o.Reader
	}
	return ""
}

// pseudonymise gives the readers of records the names that their events carry
// in this installation: an archive's own ids stay out of the log.
func (im *importer) pseudonymise(ctx context.Context, chunk []*record) error {
	var readers []string
	for _, r := range chunk {
		if r.err != nil {
			continue
		}
		if reader := readerOf(&r.event); recommend.ValidID(reader) {
			readers = append(readers, reader)
		}
	}
	if len(readers) == 0 {
		return nil
	}
	names, err := im.service.engines.Pseudonyms.MakeAll(ctx, readers)
	if err != nil {
		return err
	}
	for _, r := range chunk {
		if r.err != nil {
			continue
		}
		if name, ok := names[readerOf(&r.event)]; ok {
			r.err = rename(&r.event, name)
		}
	}
	return nil
}

// rename puts name in the place of an event's reader.
func rename(e *recommend.Event, name string) (err error) {
	switch e.Type {
	case recommend.TypeReaderDeclared:
		d, ok := decodeAs[recommend.DeclaredReader](e.Data)
		if !ok {
			return nil // for the fold's own check to say
		}
		d.ID, e.Key = name, name
		e.ID = "reader:" + name + ":" + short(e.Data)
		e.Data, err = json.Marshal(d)
	case recommend.TypeActed:
		a, ok := decodeAs[recommend.Action](e.Data)
		if !ok {
			return nil
		}
		a.Reader, e.Key = name, name
		e.Data, err = json.Marshal(a)
	case recommend.TypeOrderReported:
		o, ok := decodeAs[recommend.OrderReport](e.Data)
		if !ok {
			return nil
		}
		o.Reader = name
		e.Data, err = json.Marshal(o)
	}
	if err != nil {
		return fmt.Errorf("rename reader: %w", err)
	}
	return nil
}

// unmask is rename the other way, for exports. It reports false for what a
// reader who had himself forgotten once did.
func unmask(e *recommend.Event, readers map[string]string) (ok bool, err error) {
	name := readerOf(e)
	if name == "" {
		return true, nil
	}
	reader, known := readers[name]
	if !known {
		if e.Type == recommend.TypeOrderReported {
			return true, rename(e, "")
		}
		return false, nil
	}
	if e.Type == recommend.TypeActed {
		if a, ok := decodeAs[recommend.Action](e.Data); ok && a.Click != nil {
			a.Click.Reader = "" // of this installation
			if e.Data, err = json.Marshal(a); err != nil {
				return false, fmt.Errorf("unmask reader: %w", err)
			}
		}
	}
	return true, rename(e, reader)
}
