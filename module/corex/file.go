// Small files: read into a variable, written from a text.
package corex

import (
	"io"
	"os"

	"viaduct/module"
	"viaduct/script"
)

// largestFile bounds what is read.
const largestFile = 1 << 20

func fileFunctions() []script.Function {
	return []script.Function{
		{Name: "file_read", MinArgs: 2, MaxArgs: 2, Bind: bindRead},
		module.OfTexts("file_write", func(c *script.Context, path, text string) int {
			handOver(c)
			return module.Bool(os.WriteFile(path, []byte(text), 0o644) == nil)
		}),
	}
}

// handOver lets another goroutine read on: a disk may take its time.
func handOver(c *script.Context) {
	if c.Wait != nil {
		c.Wait.HandOver()
	}
}

// bindRead binds file_read(path, variable); longer files are not read.
func bindRead(args []script.Arg) (script.Action, error) {
	path := module.Text(args[0])
	target, err := module.Target(args, 1)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		handOver(c)
		text, ok := readFile(path(c))
		return module.Bool(ok && target.Assign(c, script.StringValue(text)) == nil)
	}, nil
}

func readFile(path string) (text string, ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	return string(content), err == nil && len(content) <= largestFile
}
