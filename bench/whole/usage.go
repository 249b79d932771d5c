package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

// sampleEvery is often enough for stages of a second.
const sampleEvery = 100 * time.Millisecond

// sample is what some processes use, together.
type sample struct {
	at       time.Time
	cpu      float64 // seconds since they began
	resident float64 // megabytes
}

// usage is what was used, over time.
type usage struct{ samples []sample }

// watch looks at processes until the function it returns is called.
func watch(pids []int) (stop func() usage) {
	done, ended := make(chan struct{}), make(chan usage)
	go func() {
		var u usage
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			s := sample{at: time.Now()}
			for _, pid := range pids {
				cpu, resident := of(pid)
				s.cpu, s.resident = s.cpu+cpu, s.resident+resident
			}
			u.samples = append(u.samples, s)
			select {
			case <-tick.C:
			case <-done:
				ended <- u
				return
			}
		}
	}()
	return func() usage { close(done); return <-ended }
}

// between returns the processor seconds and the most memory of a stretch of time.
func (u usage) between(from, to time.Time) (cpu, resident float64) {
	for _, s := range u.samples {
		if !s.at.Before(from) && !s.at.After(to) {
			resident = max(resident, s.resident)
		}
	}
	return u.cpuAt(to) - u.cpuAt(from), max(resident, u.residentAt(to))
}

// cpuAt lies on the line between the two samples around a time.
func (u usage) cpuAt(t time.Time) float64 {
	i := u.after(t)
	if i == 0 || i == len(u.samples) {
		return u.samples[min(i, len(u.samples)-1)].cpu
	}
	a, b := u.samples[i-1], u.samples[i]
	return a.cpu + (b.cpu-a.cpu)*float64(t.Sub(a.at))/float64(b.at.Sub(a.at))
}

func (u usage) residentAt(t time.Time) float64 {
	return u.samples[min(u.after(t), len(u.samples)-1)].resident
}

func (u usage) after(t time.Time) int {
	return sort.Search(len(u.samples), func(i int) bool { return u.samples[i].at.After(t) })
}

// of returns the processor seconds that a process has used, and the megabytes that it
// has in memory; 0 of one that has ended.
func of(pid int) (cpu, resident float64) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	// The name of the program stands in brackets, and may have blanks.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	number := func(i int) float64 {
		if i >= len(fields) {
			return 0
		}
		n, _ := strconv.ParseFloat(fields[i], 64)
		return n
	}
	const utime, stime, rss = 11, 12, 21 // of the fields behind the name
	return (number(utime) + number(stime)) / 100, number(rss) * float64(os.Getpagesize()) / 1e6
}
