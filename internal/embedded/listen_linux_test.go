package embedded_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing of the server can be reached from another machine, and nothing
// listens that was not asked for: four services and the Web UI.
func TestListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	server := spawn(t, 0, filepath.Join(t.TempDir(), "temporal.db"))
	defer kill(server)

	sockets := map[string]bool{}
	dir := fmt.Sprintf("/proc/%d/fd", server.Process.Pid)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		target, _ := os.Readlink(filepath.Join(dir, f.Name()))
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	listening := 0
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			const local, state, inode, listen = 1, 3, 9, "0A"
			if len(fields) <= inode || fields[state] != listen || !sockets[fields[inode]] {
				continue
			}
			listening++
			if !strings.HasPrefix(fields[local], "0100007F:") {
				t.Errorf("the server listens on %s of %s, not on 127.0.0.1 alone", fields[local], table)
			}
		}
	}
	if listening != 5 {
		t.Errorf("the server listens on %d ports, want 5", listening)
	}
}
