// Hints: errors that say what to do about them.
package server

// Hinted is a problem with advice for the person at the command line.
type Hinted struct {
	Problem error
	Hint    string
}

func (h *Hinted) Error() string { return h.Problem.Error() }
func (h *Hinted) Unwrap() error { return h.Problem }
