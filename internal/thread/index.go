package thread

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync"
)

// index finds a tweet's row by its id, the first of several. It is a hash table with
// open addressing that keeps neighbouring ids together: the tweets of a thread have
// ids close to each other more often than not, and whoever looks for one after the
// other finds them in the same few lines of memory. A map spreads them over all of it,
// which costs the more the larger the table is.
type index struct {
	slots  []slot
	shift  int
	factor uint64 // odd, and drawn, so that no table can be made of ids that all clash
}

// slot has one more than a row, so that 0 is none.
type slot struct {
	id  int64
	row int32
}

// together is how many ids in a row lie side by side, as a power of two.
const together = 4

func newIndex(rows int) *index {
	size := max(bits.Len(uint(rows*4/3)), together+1)
	factor := rand.Uint64() | 1 //nolint:gosec // the generator is ChaCha8 with a seed of the system's
	return &index{slots: make([]slot, 1<<size), shift: 64 - (size - together), factor: factor}
}

// start is where an id belongs, unless others are there. Blocks of ids are spread by
// multiplying and shifting (Dietzfelbinger et al., "A Reliable Randomized Algorithm for
// the Closest-Pair Problem", 1997).
func (x *index) start(id int64) uint64 {
	block := uint64(id>>together) * x.factor >> x.shift
	return block<<together | uint64(id)&(1<<together-1)
}

// find returns the row of an id, [None] if no row has it.
func (x *index) find(id int64) int32 {
	last := uint64(len(x.slots) - 1)
	for at := x.start(id); ; at = (at + 1) & last {
		switch s := x.slots[at]; {
		case s.row == 0:
			return None
		case s.id == id:
			return s.row - 1
		}
	}
}

// add notes the row of an id and returns [None], or the row that was noted before.
func (x *index) add(id int64, row int32) (before int32) {
	last := uint64(len(x.slots) - 1)
	for at := x.start(id); ; at = (at + 1) & last {
		switch s := x.slots[at]; {
		case s.row == 0:
			x.slots[at] = slot{id, row + 1}
			return None
		case s.id == id:
			return s.row - 1
		}
	}
}

// findAll returns the rows of many ids, looked for on all cores.
func (x *index) findAll(ids []int64) []int32 {
	rows := make([]int32, len(ids))
	workers := runtime.GOMAXPROCS(0)
	share := (len(ids) + workers - 1) / workers
	var all sync.WaitGroup
	for from := 0; from < len(ids); from += share {
		all.Go(func() {
			for i := from; i < min(from+share, len(ids)); i++ {
				rows[i] = x.find(ids[i])
			}
		})
	}
	all.Wait()
	return rows
}
