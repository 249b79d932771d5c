//go:build !linux

package languagemodel

import "syscall"

// processAttributes give a child a process group of its own. It ends with the server
// because its standard input does.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
