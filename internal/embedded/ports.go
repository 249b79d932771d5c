package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"switchboard/internal/problem"
)

// host is the only address that anything here listens on.
const host = "127.0.0.1"

// CheckPort tells whether a TCP port of 127.0.0.1 can be listened on. If it
// cannot, the error is a problem of kind Environment: one sentence with what
// the port is for, why it cannot be had and, if setting is not empty, that the
// port is chosen with that flag or variable. Port 0 is always free.
func CheckPort(purpose string, port int, setting string) error {
	advice := "choose another port"
	if setting != "" {
		advice += " with " + setting
	}
	if port < 0 || port > 65535 {
		return problem.New(problem.BadInput, "%d is no TCP port for %s; %s, between 1 and 65535, or 0 for any free one", port, purpose, advice)
	}
	l, err := net.Listen("tcp", address(port))
	switch {
	case err == nil:
		return l.Close()
	case errors.Is(err, syscall.EADDRINUSE):
		return problem.New(problem.Environment, "port %d on %s, wanted for %s, is already in use; stop the program that listens there, or %s", port, host, purpose, advice)
	case errors.Is(err, os.ErrPermission):
		return problem.New(problem.Environment, "port %d on %s, wanted for %s, is not open to this user; %s, of 1024 or more", port, host, purpose, advice)
	default:
		return problem.New(problem.Environment, "port %d on %s, wanted for %s, cannot be listened on; %s: %w", port, host, purpose, advice, err)
	}
}

// freePorts returns n distinct ports that nobody listens on and that the
// kernel will not hand out by itself for the next minute: each has seen one
// connection whose server side closed first, which leaves the port in
// TIME_WAIT. A listener that names the port explicitly may still have it.
// Asking for a free port and closing it again would leave a gap in which
// another process could be given the same.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		port, err := reservePort()
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func reservePort() (int, error) {
	l, err := net.Listen("tcp", address(0))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return 0, err
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		return 0, err
	}
	if err := far.Close(); err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, nil
}

func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
