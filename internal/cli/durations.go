package cli

import (
	"regexp"
	"strconv"
	"time"
)

// inNanoseconds are the members of what travels through Temporal that hold a
// duration as Go writes it. What is printed has seconds everywhere, and says so in
// its names.
var inNanoseconds = regexp.MustCompile(`"(job_deadline|approval_deadline)":(\d+)`)

// inSeconds renames and converts these members of a compact JSON text. It cannot
// meet them inside a string, where the quotes would be escaped.
func inSeconds(object []byte) []byte {
	return inNanoseconds.ReplaceAllFunc(object, func(member []byte) []byte {
		parts := inNanoseconds.FindSubmatch(member)
		ns, err := strconv.ParseInt(string(parts[2]), 10, 64)
		if err != nil {
			return member // beyond any duration
		}
		out := append([]byte(`"`), parts[1]...)
		return strconv.AppendFloat(append(out, `_seconds":`...), time.Duration(ns).Seconds(), 'f', -1, 64)
	})
}
