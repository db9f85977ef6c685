package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// A client is one keep-alive connection that sends requests made before and
// throws the answers away. It knows as much of HTTP/1.1 as our servers speak,
// for every cycle that it takes is one less for what is measured.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	keep *bytes.Buffer // takes bodies when it is there
}

// patience is how long one answer may take before it is an error.
const patience = 30 * time.Second

func dial(ctx context.Context, addr string) (*client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	const buffer = 64 << 10
	return &client{conn: conn, in: bufio.NewReaderSize(conn, buffer)}, nil
}

// close may be called of no client too.
func (c *client) close() {
	if c != nil && c.conn != nil {
		_ = c.conn.Close()
	}
}

// do sends a request and returns the status and the length of the answer's
// body. After an error the connection is of no use.
func (c *client) do(request []byte) (status, size int, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, 0, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, 0, fmt.Errorf("status line: %w", err)
	}
	const from, to = len("HTTP/1.1 "), len("HTTP/1.1 200")
	if len(line) < to || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, 0, fmt.Errorf("no answer in HTTP/1.1: %q", line)
	}
	if status, err = strconv.Atoi(string(line[from:to])); err != nil {
		return 0, 0, fmt.Errorf("status: %w", err)
	}
	length, chunked, err := c.header()
	switch {
	case err != nil:
		return status, 0, err
	case chunked:
		size, err = c.chunks()
		return status, size, err
	case length < 0 && status != 204 && status != 304:
		return status, 0, errors.New("an answer without a length")
	}
	return status, max(length, 0), c.body(max(length, 0))
}

// header reads to the end of the header: how long the body is, -1 if it does
// not say, or that it comes in chunks.
func (c *client) header() (length int, chunked bool, err error) {
	length = -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, false, fmt.Errorf("header: %w", err)
		}
		name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte{':'})
		switch {
		case !ok && len(name) == 0:
			return length, chunked, nil
		case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return 0, false, fmt.Errorf("content length %q", value)
			}
		case len(name) == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
		}
	}
}

func (c *client) body(n int) error {
	if c.keep != nil {
		_, err := io.CopyN(c.keep, c.in, int64(n))
		return err
	}
	_, err := c.in.Discard(n)
	return err
}

func (c *client) chunks() (size int, err error) {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return size, fmt.Errorf("chunk: %w", err)
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return size, fmt.Errorf("chunk: %w", err)
		}
		if err := c.body(int(n)); err != nil {
			return size, err
		}
		if _, err := c.in.Discard(len("\r\n")); err != nil {
			return size, err
		}
		if size += int(n); n == 0 {
			return size, nil
		}
	}
}
