// A result as a page for browsers and paper, which loads nothing from elsewhere.
package lab

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	"viaduct/explain"
)

//go:embed page.html
var pageText string

//go:embed index.html
var indexText string

// page is what the template is filled with.
type page struct {
	*Scenario
	Index       string // address of the list of all, or ""
	Notes       []string
	Ladder      template.HTML
	Least       int // of the drawing on narrow screens, in rem; beyond it is scrolled
	Printouts   []pagePrintout
	Steps       []pageStep
	Findings    []pageFinding
	Records     []string
	Differences string
}

type pagePrintout struct {
	Title  string
	Blocks []pageBlock
	More   string
}

// pageBlock is a message between its bars, or what stood outside of bars.
type pageBlock struct {
	Bar, End *pageBar
	Text     []pagePart
}

type pageBar struct {
	Text  string
	Color int
}

// pagePart is a part of a text, bold or not.
type pagePart struct {
	Text string
	Bold bool
}

type pageStep struct {
	Title     string
	Sentences []explain.Sentence
}

type pageFinding struct {
	Severity, Text string
	Message        int
	Section        explain.Section
}

// AppendHTML writes the result behind dst as a page. index is the address of a
// list of experiments to lead to, or "".
func (r *Result) AppendHTML(dst []byte, index string) ([]byte, error) {
	p := page{Scenario: r.Scenario, Index: index, Notes: r.Notes, Ladder: template.HTML(r.Story.Ladder.AppendSVG(nil)), Least: 8*len(r.Story.Ladder.Lanes) - 1}
	for _, printout := range r.Printouts {
		if strings.TrimSpace(printout.Text) != "" {
			p.Printouts = append(p.Printouts, r.Scenario.pagePrintout(printout))
		}
	}
	for i := range r.Story.Steps {
		step := &r.Story.Steps[i]
		title := step.From + " → " + step.To + ": " + r.Story.Ladder.Arrows[i].Label
		switch a := &r.Story.Ladder.Arrows[i]; {
		case a.Lost:
			title += " (lost)"
		case a.Retransmission:
			title += " (again)"
		}
		p.Steps = append(p.Steps, pageStep{title, step.Sentences})
	}
	for _, f := range r.Story.Findings {
		p.Findings = append(p.Findings, pageFinding{f.Severity.String(), f.Text, f.Step + 1, f.Section})
	}
	for i := range r.Records {
		p.Records = append(p.Records, string(r.Records[i].AppendText(nil)))
	}
	if len(r.Missing)+len(r.Strange) > 0 {
		p.Differences = string(r.appendDifferences(nil))
	}
	return execute(dst, pageText, p)
}

// AppendIndex writes a page behind dst that leads to those of experiments,
// NAME.html.
func AppendIndex(dst []byte, all []*Scenario) ([]byte, error) { return execute(dst, indexText, all) }

func execute(dst []byte, text string, data any) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	parsed, err := template.New("").Parse(text)
	if err == nil {
		err = parsed.Execute(out, data)
	}
	return out.Bytes(), err
}

// pagePrintout pairs the bars of a printout.
func (s *Scenario) pagePrintout(p Printout) pagePrintout {
	all, more := s.shown(p)
	out := pagePrintout{Title: p.Title, More: strings.Join(more, " ")}
	for i := 0; i < len(all); i++ {
		end := i + 1
		for end < len(all) && !all[end].isBar() {
			end++
		}
		if !all[i].isBar() || end == len(all) {
			if text := strings.Trim(all[i].text, "\r\n"); text != "" {
				out.Blocks = append(out.Blocks, pageBlock{Text: []pagePart{{Text: text}}})
			}
			continue
		}
		block := pageBlock{
			Bar: &pageBar{strings.TrimSpace(all[i].text), all[i].background},
			End: &pageBar{strings.TrimSpace(all[end].text), all[end].background},
		}
		for _, inside := range all[i+1 : end] {
			block.Text = append(block.Text, emphasized(strings.TrimPrefix(inside.text, "\n"))...)
		}
		out.Blocks = append(out.Blocks, block)
		i = end
	}
	return out
}

// emphasized cuts a text at its bold parts.
func emphasized(text string) (parts []pagePart) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	at := 0
	for _, m := range marks(text) {
		parts = append(parts, pagePart{text[at:m.start], false}, pagePart{text[m.start:m.end], true})
		at = m.end
	}
	return append(parts, pagePart{text[at:], false})
}
