package cli

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"switchboard/internal/console"
)

// terminal opens a pseudo terminal and returns its near end.
func terminal(t *testing.T) *os.File {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { far.Close() })
	if err := unix.IoctlSetPointerInt(int(far.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	n, err := unix.IoctlGetInt(int(far.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	near, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { near.Close() })
	return near
}

func TestTerminalGetsBars(t *testing.T) {
	tty := terminal(t)
	if p, ok := (&app{stderr: tty}).newProgress().(*bars); !ok {
		t.Errorf("a terminal gets %T, want bars", p)
	}
	if p, ok := (&app{stderr: tty, json: true}).newProgress().(silence); !ok {
		t.Errorf("JSON on a terminal gets %T, want silence", p)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 60}); err != nil {
		t.Fatal(err)
	}
	if got, most := (&bars{w: tty}).width(), 60-console.BarWidth; got > most {
		t.Errorf("a description takes %d of 60 columns, want at most %d", got, most)
	}
}
