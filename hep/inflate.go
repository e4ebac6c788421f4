// Compressed payloads.
package hep

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strings"
)

// inflate undoes zlib; a message that grows beyond a datagram is refused.
func inflate(data []byte) (string, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(z, maxSize+1))
	if err == nil && n > maxSize {
		err = errors.New("too large")
	}
	return text.String(), err
}
