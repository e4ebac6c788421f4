// Buffers in which messages are put together, used again once they are sent:
// what must be kept of one, its transaction copies.
package proxy

import "viaduct/sip"

// largestKept bounds, in bytes, the buffers that are kept.
const largestKept = 1 << 14

// buffer is room for one message and for what is changed in it.
type buffer struct {
	text  []byte
	edits [16]sip.Edit
}

// buffer gives an empty one.
func (p *Proxy) buffer() *buffer {
	if b, ok := p.buffers.Get().(*buffer); ok {
		return b
	}
	return &buffer{text: make([]byte, 0, 2048)}
}

// reuse takes a buffer back, whose text has become the one given. nil: none.
func (p *Proxy) reuse(b *buffer, text []byte) {
	if b != nil && cap(text) <= largestKept {
		b.text = text[:0]
		p.buffers.Put(b)
	}
}
