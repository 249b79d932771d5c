package languagemodel

import "syscall"

// processAttributes give a child a process group of its own, and end it when the
// server ends, however that comes about.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
