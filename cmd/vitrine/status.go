package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// errRefused ends a command that did its work and was told no about parts of it.
var errRefused = errors.New("some records were refused")

// status is what the process exits with: 0 done, 1 failed, 3 done but for some
// records, 130 interrupted. It tells why where that was not told yet.
func status(ctx context.Context, err error, stderr io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errRefused): // told line by line already
		return 3
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "vitrine: interrupted; what was done stays done, and the same command goes on from there")
		return 130
	}
	fmt.Fprintln(stderr, "vitrine:", err)
	return 1
}
