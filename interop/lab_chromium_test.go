// The pages of viaduct lab in Chromium: their bars reach from edge to edge on a
// telephone and on a wide screen, so nothing is cut off or pushed aside.

package interop

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"viaduct/lab"
)

func TestLabPageInChromium(t *testing.T) {
	needPrograms(t, "chromium")
	s, err := lab.Find("record-routed-call")
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Play(t.Context(), s, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.AppendHTML(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	page := filepath.Join(directory, "page.html")
	if err := os.WriteFile(page, text, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{400, 1400} {
		shot := filepath.Join(directory, fmt.Sprint(width, ".png"))
		command := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--user-data-dir="+filepath.Join(directory, "profile"), fmt.Sprintf("--window-size=%d,2600", width), "--screenshot="+shot, "file://"+page)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		seen, err := readPNG(shot)
		if err != nil {
			t.Fatal(err)
		}
		column := min(width-24, 1024-32) // of the text: the page has a widest width and margins
		for name, bar := range map[string][3]uint8{"green": {0x3f, 0xb9, 0x50}, "blue": {0x54, 0xc7, 0xec}} {
			if got := longestRun(seen, bar); got < column-2 || got > column+2 {
				t.Errorf("at %d pixels the %s bars are %d wide, want %d", width, name, got, column)
			}
		}
	}
}

func readPNG(name string) (image.Image, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return png.Decode(file)
}

// longestRun gives the width of the widest line of one colour.
func longestRun(m image.Image, colour [3]uint8) (longest int) {
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		run := 0
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			r, g, b, _ := m.At(x, y).RGBA()
			if [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)} != colour {
				run = 0
				continue
			}
			run++
			longest = max(longest, run)
		}
	}
	return longest
}
