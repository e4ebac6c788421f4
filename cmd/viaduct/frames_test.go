package main

import (
	"bytes"

	"github.com/rogpeppe/go-internal/testscript"

	"viaduct/media"
)

// frame is one of G.729 that no silence has.
var frame = []byte("ten octets")

// frames writes a file of frames for a script, or with "!" behind it wants one
// that holds such frames, and no other but of silence.
func frames(ts *testscript.TestScript, _ bool, args []string) {
	codec, err := media.ParseCodec("G729", "")
	ts.Check(err)
	name := ts.MkAbs(args[0])
	if len(args) == 1 {
		w, err := media.CreateFrames(name, codec)
		ts.Check(err)
		for range 20 {
			w.Encoded(frame)
		}
		ts.Check(w.Close())
		return
	}
	r, err := media.FrameFile(name, false)
	ts.Check(err)
	var room [64]byte
	found := 0
	for {
		n, more := r.Encoded(room[:])
		if n > 0 && bytes.Equal(room[:n], frame) {
			found++
		}
		if !more {
			break
		}
	}
	if r.Codec() != codec || found < 10 {
		ts.Fatalf("%s holds %d of the frames, of %v", args[0], found, r.Codec())
	}
}
