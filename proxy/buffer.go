// Buffers in which messages are put together, used again once they are sent:
// what must be kept of one, its transaction copies.
package proxy

// largestKept bounds, in bytes, the buffers that are kept.
const largestKept = 1 << 14

// buffer is room for one message.
type buffer struct{ text []byte }

// buffer gives an empty one.
func (p *Proxy) buffer() *buffer {
	if b, ok := p.buffers.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, 0, 2048)}
}

// reuse takes a buffer back, whose text has become the one given. nil: none.
func (p *Proxy) reuse(b *buffer, text []byte) {
	if b != nil && cap(text) <= largestKept {
		b.text = text[:0]
		p.buffers.Put(b)
	}
}
