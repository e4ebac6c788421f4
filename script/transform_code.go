// transform_code.go: {s.…}: digests, encodings and escapes.

package script

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

func codeTransformers() map[string]transformer {
	table := map[string]transformer{
		"md5":         onText(func(s string) Value { sum := md5.Sum([]byte(s)); return StringValue(hex.EncodeToString(sum[:])) }),
		"sha256":      onText(func(s string) Value { sum := sha256.Sum256([]byte(s)); return StringValue(hex.EncodeToString(sum[:])) }),
		"sha384":      onText(func(s string) Value { sum := sha512.Sum384([]byte(s)); return StringValue(hex.EncodeToString(sum[:])) }),
		"sha512":      onText(func(s string) Value { sum := sha512.Sum512([]byte(s)); return StringValue(hex.EncodeToString(sum[:])) }),
		"encode.hexa": onText(func(s string) Value { return StringValue(hex.EncodeToString([]byte(s))) }),
		"decode.hexa": onText(func(s string) Value {
			out, err := hex.DecodeString(s)
			if err != nil {
				return Value{}
			}
			return StringValue(string(out))
		}),
		"escape.common":   onText(func(s string) Value { return StringValue(escapeCommon(s)) }),
		"unescape.common": onText(func(s string) Value { return StringValue(unescapeCommon(s)) }),
		"escape.user":     onText(func(s string) Value { return escapePercent(s, "-_.!~*'()&=+$,;?") }),
		"unescape.user":   onText(unescapePercent),
		"escape.param":    onText(func(s string) Value { return escapePercent(s, "-_.!~*'()[]/:&+$") }),
		"unescape.param":  onText(unescapePercent),
		"escape.csv":      onText(func(s string) Value { return StringValue(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`) }),
		"urlencode.param": onText(func(s string) Value { return StringValue(encodeURL(s)) }),
		"urldecode.param": onText(func(s string) Value { return unescapePercent(strings.ReplaceAll(s, "+", " ")) }),
	}
	for suffix, encoding := range map[string]*base64.Encoding{
		"base64": base64.StdEncoding, "base64t": base64.RawStdEncoding,
		"base64url": base64.URLEncoding, "base64urlt": base64.RawURLEncoding,
	} {
		table["encode."+suffix] = onText(func(s string) Value { return StringValue(encoding.EncodeToString([]byte(s))) })
		table["decode."+suffix] = onText(func(s string) Value {
			out, err := encoding.DecodeString(s)
			if err != nil {
				return Value{}
			}
			return StringValue(string(out))
		})
	}
	return table
}

// escapeCommon puts a backslash before quotes, backslashes and the zero byte.
func escapeCommon(s string) string {
	return strings.NewReplacer(`'`, `\'`, `"`, `\"`, `\`, `\\`, "\x00", `\0`).Replace(s)
}

func unescapeCommon(s string) string {
	return strings.NewReplacer(`\'`, `'`, `\"`, `"`, `\\`, `\`, `\0`, "\x00").Replace(s)
}

// escapePercent writes as %hh what is neither letter nor digit nor in plain;
// text with control characters has no such form, and gives no value.
func escapePercent(s, plain string) Value {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return Value{}
		case isWordChar(c) && c != '_', strings.IndexByte(plain, c) >= 0:
			out = append(out, c)
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return StringValue(string(out))
}

// unescapePercent gives no value for an escape that is none.
func unescapePercent(s string) Value {
	if strings.IndexByte(s, '%') < 0 {
		return StringValue(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return Value{}
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return Value{}
		}
		out = append(out, c[0])
		i += 2
	}
	return StringValue(string(out))
}

// encodeURL escapes a value of a query.
func encodeURL(s string) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isWordChar(c), c == '-', c == '.', c == '~':
			out = append(out, c)
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}
