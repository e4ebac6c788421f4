// Ladders: draws each call when it has ended (serve --ladder).
package main

import (
	"io"

	"viaduct/wire"
)

func newLadders(to io.Writer) wire.Tap { return nil }
