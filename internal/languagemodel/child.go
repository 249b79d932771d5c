package languagemodel

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// maxLine bounds a line that a child says.
const maxLine = 16 << 20

// Where the trainer lies, beside this program or in the working directory.
const (
	trainerFolder  = "trainer"
	trainerPackage = "switchboard_trainer"
	trainerPython  = ".venv/bin/python"
)

// program is the trainer.
type program struct {
	python string
	// folder has the package; empty where Python has it installed.
	folder string
}

// findProgram looks for what runs the trainer. The error is a [problem.Error].
func findProgram(python string) (program, error) {
	var p program
	places := []string{trainerFolder}
	if self, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(self), trainerFolder))
	}
	for _, place := range slices.Backward(places) {
		if folder, err := filepath.Abs(place); err == nil && exists(filepath.Join(folder, trainerPackage)) {
			p.folder = folder
		}
	}
	for _, place := range places {
		own := filepath.Join(place, filepath.FromSlash(trainerPython))
		if python == "" && exists(own) {
			python = own
		}
	}
	if python == "" {
		return p, problem.New(problem.Environment, "the trainer is not installed: trainer/README.md tells how, or name a Python that has it with %s", config.ModelServerTrainer)
	}
	found, err := exec.LookPath(python)
	if err == nil {
		// Not resolved: a virtual environment's Python is a link.
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return p, problem.New(problem.Environment, "the trainer's Python cannot be run: %w; set %s to another", err, config.ModelServerTrainer)
	}
	p.python = found
	return p, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// inherited are the variables that a child gets of the server's: those with which
// Python finds itself, its packages and a GPU.
var inherited = []string{
	"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH",
	"CUDA_HOME", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "PYTORCH_CUDA_ALLOC_CONF",
}

// environment is a child's: nothing asks the network for weights, and nothing is
// written beside the program.
func (p program) environment(getenv func(string) string) []string {
	env := []string{
		"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "TOKENIZERS_PARALLELISM=false",
		"PYTHONUNBUFFERED=1", "PYTHONUTF8=1", "PYTHONDONTWRITEBYTECODE=1",
	}
	for _, name := range inherited {
		value := getenv(name)
		if name == "PYTHONPATH" {
			value = strings.Trim(p.folder+string(os.PathListSeparator)+value, string(os.PathListSeparator))
		}
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// child is a process of the trainer that speaks lines of JSON.
type child struct {
	in    io.WriteCloser
	out   io.Closer
	lines *bufio.Scanner
	pid   int
	ended chan struct{} // closed when the process is gone
	// complaints counts what it says on standard error.
	complaints *counter
	log        *slog.Logger
	work       string
}

// start starts the trainer. The first of the arguments is what it does. End must be
// called.
func (p program) start(log *slog.Logger, args ...string) (*child, error) {
	// -P keeps the working directory out of where Python looks for packages.
	command := exec.Command(p.python, append([]string{"-P", "-m", trainerPackage}, args...)...) //nolint:gosec // the operator's own
	command.Env = p.environment(os.Getenv)
	command.Dir = os.TempDir()
	command.SysProcAttr = processAttributes()
	command.WaitDelay = 5 * time.Second // for a grandchild that keeps standard error open
	complaints := &counter{}
	command.Stderr = complaints
	in, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the trainer: %w", err)
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the trainer: %w", err)
	}
	command.Stdout = theirs
	c := &child{in: in, out: out, lines: bufio.NewScanner(out), ended: make(chan struct{}), complaints: complaints, log: log, work: args[0]}
	c.lines.Buffer(make([]byte, 64<<10), maxLine)
	started := make(chan error)
	go c.live(command, started)
	err = <-started
	_ = theirs.Close() // the child has its own
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("starting the trainer: %w", err)
	}
	return c, nil
}

// live starts the process and waits until it is gone, all on one thread: on Linux it
// is the end of the thread that started it which ends the child.
func (c *child) live(command *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := command.Start()
	if err == nil {
		c.pid = command.Process.Pid
	}
	started <- err
	if err != nil {
		return
	}
	_ = command.Wait() // what it said before tells how it ended
	c.kill()           // what it left of its group
	c.log.Info("trainer ended", "work", c.work, "pid", c.pid, "log_lines", c.complaints.lines.Load(), "log_bytes", c.complaints.bytes.Load())
	close(c.ended)
}

// next reads the next line into a value. The error is ErrEnded if there is none, and
// errProtocol if it is not what was expected or too long.
func (c *child) next(into any) error {
	if !c.lines.Scan() {
		if err := c.lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			return errProtocol
		}
		return ErrEnded
	}
	if err := json.Unmarshal(c.lines.Bytes(), into); err != nil {
		return errProtocol // without what it said
	}
	return nil
}

// kill ends the process and its group at once.
func (c *child) kill() { c.signal(syscall.SIGKILL) }

func (c *child) signal(s syscall.Signal) {
	select {
	case <-c.ended: // and its number may be another's
	default:
		_ = syscall.Kill(-c.pid, s)
	}
}

// end lets the process end by itself for a while, as it does once nobody speaks to
// it any more, and then kills it. It returns when the process is gone.
func (c *child) end(grace time.Duration) {
	_ = c.in.Close()
	if grace > 0 {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-c.ended:
		case <-timer.C:
		}
	}
	c.kill()
	<-c.ended
	_ = c.out.Close()
}

// counter counts what is written, and forgets it.
type counter struct{ lines, bytes atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' {
			c.lines.Add(1)
		}
	}
	c.bytes.Add(int64(len(p)))
	return len(p), nil
}
