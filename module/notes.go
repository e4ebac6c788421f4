// Notes: what rooms keep with a message.
package module

// note is one value; a room's keys are of its own types, so that no other room
// can mean them.
type note struct{ key, value any }

// Keep remembers a value with the message, in the place of an earlier one.
func (m *Message) Keep(key, value any) {
	for i := range m.notes {
		if m.notes[i].key == key {
			m.notes[i].value = value
			return
		}
	}
	m.notes = append(m.notes, note{key, value})
}

// Kept gives the value of a key, or nil.
func (m *Message) Kept(key any) any {
	for i := range m.notes {
		if m.notes[i].key == key {
			return m.notes[i].value
		}
	}
	return nil
}
