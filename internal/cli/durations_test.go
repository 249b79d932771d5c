package cli

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

func TestDurationsArePrintedInSeconds(t *testing.T) {
	for in, want := range map[string]string{
		`{"job_deadline":86400000000000,"seconds":1.5}`: `{"job_deadline_seconds":86400,"seconds":1.5}`,
		`{"a":{"approval_deadline":1500000000}}`:        `{"a":{"approval_deadline_seconds":1.5}}`,
		`{"note":"\"job_deadline\":5"}`:                 `{"note":"\"job_deadline\":5"}`,
		`{"job_deadline":99999999999999999999}`:         `{"job_deadline":99999999999999999999}`,
	} {
		if got := string(inSeconds([]byte(in))); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

// No duration of what is printed is left in Go's unit.
func TestEveryDurationIsConverted(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Type == reflect.TypeFor[time.Duration]() && field.IsExported() && name != "-" && !inNanoseconds.MatchString(`"`+name+`":1`) {
				t.Errorf("%s.%s is printed in nanoseconds", of, field.Name)
			}
			walk(field.Type)
		}
	}
	for _, v := range []any{report{}, runList{}, scheduleReport{}, scheduleList{}, scheduleCreation{}, pipeline.RetrainInput{}} {
		walk(reflect.TypeOf(v))
	}
	if !seen[reflect.TypeFor[pipeline.FineTuneInput]()] {
		t.Error("the walk did not come to the input of a fine-tuning")
	}
}
