package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"switchboard/internal/problem"
)

func open(t *testing.T) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	s, dir := open(t)
	content := []byte("three\nlines\nhere\n")
	ref, err := s.Write(t.Context(), "run/a.txt", content)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if want := (Ref{Path: "run/a.txt", SHA256: hex.EncodeToString(sum[:]), Bytes: 17}); ref != want {
		t.Errorf("ref %+v, want %+v", ref, want)
	}
	got, err := s.Read(t.Context(), ref)
	if err != nil || string(got) != string(content) {
		t.Errorf("read %q, %v", got, err)
	}
	if s.URL(ref.Path) != filepath.Join(dir, "run/a.txt") {
		t.Errorf("a person would look at %s", s.URL(ref.Path))
	}
}

func TestChangedFileIsRefused(t *testing.T) {
	s, dir := open(t)
	ref, err := s.Write(t.Context(), "a.txt", []byte("right"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = s.Read(t.Context(), ref)
	if kind, _ := problem.KindOf(err); kind != problem.Environment {
		t.Errorf("a changed file gave %v", err)
	}
}

func TestCopyIsTheSameOrNothing(t *testing.T) {
	s, dir := open(t)
	ref, err := s.Write(t.Context(), "one/a.txt", []byte("right"))
	if err != nil {
		t.Fatal(err)
	}
	ref.Rows = 7
	copied, err := s.Copy(t.Context(), ref, "two/a.txt")
	if want := (Ref{Path: "two/a.txt", SHA256: ref.SHA256, Bytes: 5, Rows: 7}); err != nil || copied != want {
		t.Errorf("the copy is %+v, %v; want %+v", copied, err, want)
	}
	if err := s.Delete(t.Context(), ref.Path); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Read(t.Context(), copied); err != nil || string(got) != "right" {
		t.Errorf("without the original, the copy reads %q, %v", got, err)
	}
	if _, err := s.Copy(t.Context(), ref, "three/a.txt"); !errors.Is(err, ErrNotFound) {
		t.Errorf("copying what is gone gave %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "two/a.txt"), []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = s.Copy(t.Context(), copied, "three/a.txt")
	if kind, _ := problem.KindOf(err); kind != problem.Environment {
		t.Errorf("copying a changed file gave %v", err)
	}
	if _, err := s.ReadPath(t.Context(), "three/a.txt"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a copy that failed left a file: %v", err)
	}
}

func TestFileAppearsWholeOrNotAtAll(t *testing.T) {
	for name, end := range map[string]func(*Writer, context.CancelFunc){
		"aborted":            func(w *Writer, _ context.CancelFunc) { w.Abort() },
		"context cancelled":  func(w *Writer, cancel context.CancelFunc) { cancel(); _ = w.Close() },
		"never closed":       func(*Writer, context.CancelFunc) {},
		"aborted after that": func(w *Writer, cancel context.CancelFunc) { cancel(); w.Abort(); w.Abort() },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w, err := s.Create(ctx, "run/half.txt")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("half of it")); err != nil {
				t.Fatal(err)
			}
			end(w, cancel)
			if _, err := s.ReadPath(t.Context(), "run/half.txt"); !errors.Is(err, ErrNotFound) {
				t.Errorf("reading it gave %v", err)
			}
		})
	}
}

func TestAbortAfterCloseKeepsTheFile(t *testing.T) {
	s, _ := open(t)
	w, err := s.Create(t.Context(), "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if _, err := s.Read(t.Context(), w.Ref(0)); err != nil {
		t.Error(err)
	}
}

func TestListIsSortedAndStaysInItsFolder(t *testing.T) {
	s, _ := open(t)
	for _, path := range []string{"b/2", "b/1", "bb/3", "a/4"} {
		if _, err := s.Write(t.Context(), path, nil); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.List(t.Context(), "b")
	if err != nil || !slices.Equal(got, []string{"b/1", "b/2"}) {
		t.Errorf("listed %v, %v", got, err)
	}
	if err := s.Delete(t.Context(), "b/1"); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "b/1"); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
}

func TestURLOfABucketKeepsItsQueryAtTheEnd(t *testing.T) {
	s := &Store{root: "s3://bucket?region=eu-central-1"}
	if got := s.URL("run/a.txt"); got != "s3://bucket/run/a.txt?region=eu-central-1" {
		t.Errorf("got %s", got)
	}
}

func TestOpen(t *testing.T) {
	for _, good := range []string{"mem://", "file://" + t.TempDir(), t.TempDir() + "/new/folder"} {
		s, err := Open(t.Context(), good)
		if err != nil {
			t.Errorf("%s: %v", good, err)
			continue
		}
		_ = s.Close()
	}
	_, err := Open(t.Context(), "ftp://example.com/runs")
	if kind, _ := problem.KindOf(err); kind != problem.BadInput {
		t.Errorf("an unknown scheme gave %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), file)
	if kind, _ := problem.KindOf(err); kind != problem.Environment {
		t.Errorf("a file in the folder's place gave %v", err)
	}
}
