package reports

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// same compares steps, taking two missing figures as equal.
func same(a, b Step) bool {
	eq := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.Step == b.Step && eq(a.TrainLoss, b.TrainLoss) && eq(a.ValidLoss, b.ValidLoss) &&
		eq(a.TrainAccuracy, b.TrainAccuracy) && eq(a.ValidAccuracy, b.ValidAccuracy)
}

func TestReadSteps(t *testing.T) {
	nan := math.NaN()
	const header = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
	tests := []struct {
		name, in string
		want     []Step
		wantErr  string
	}{
		{name: "as OpenAI writes it", in: header + "1,2.5,0.25,2.75,0.125\n2,1.5,0.5,,\n",
			want: []Step{{1, 2.5, 2.75, 0.25, 0.125}, {2, 1.5, nan, 0.5, nan}}},
		{name: "in base64", in: base64.StdEncoding.EncodeToString([]byte(header + "1,2.5,,,\n")),
			want: []Step{{1, 2.5, nan, nan, nan}}},
		{name: "byte order mark and CRLF", in: "\xEF\xBB\xBF" + strings.ReplaceAll(header+"3,1,1,1,1\n", "\n", "\r\n"),
			want: []Step{{3, 1, 1, 1, 1}}},
		{name: "other columns, other order", in: "lr,valid_loss,step,valid_accuracy\n1e-4,0.5,10,oops\n",
			want: []Step{{10, nan, 0.5, nan, nan}}},
		{name: "a step as a float", in: "step,train_loss\n4.0,1e-2\n", want: []Step{{4, 0.01, nan, nan, nan}}},
		{name: "not finite is missing", in: "step,train_loss,valid_loss\n1,NaN,inf\n2,1e999,-Inf\n",
			want: []Step{{1, nan, nan, nan, nan}, {2, nan, nan, nan, nan}}},
		{name: "spaces", in: "step, train_loss\n 1 , 2 \n", want: []Step{{1, 2, nan, nan, nan}}},
		{name: "header alone", in: header},
		{name: "empty", in: "", wantErr: "the file is empty"},
		{name: "no step column", in: "epoch,train_loss\n1,2\n", wantErr: "line 1: the column step is missing"},
		{name: "column twice", in: "step,train_loss,train_loss\n", wantErr: "line 1: the columns 2 and 3 have the same name"},
		{name: "no step", in: header + "1,1,1,1,1\n,1,1,1,1\n", wantErr: "line 3: column step: not a whole number"},
		{name: "half a step", in: header + "1.5,1,1,1,1\n", wantErr: "line 2: column step: not a whole number"},
		{name: "step below zero", in: header + "-1,1,1,1,1\n", wantErr: "line 2: column step"},
		{name: "step beyond exact floats", in: header + "1e300,1,1,1,1\n", wantErr: "line 2: column step"},
		{name: "words", in: header + "1,low,1,1,1\n", wantErr: "line 2: column train_loss: not a number"},
		{name: "too few cells", in: header + "1,2\n", wantErr: "record on line 2: wrong number of fields"},
		{name: "broken quotes", in: header + "\"1,2\n", wantErr: "line 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadSteps(strings.NewReader(tt.in))
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("error %v, want one with %q", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("%d steps, want %d", len(got), len(tt.want))
			}
			for i := range got {
				if !same(got[i], tt.want[i]) {
					t.Errorf("step %d: %+v, want %+v", i, got[i], tt.want[i])
				}
			}
		})
	}
}

// Whatever the bytes, there is an error or steps that read the same again
// once written, and that can be drawn.
func FuzzReadSteps(f *testing.F) {
	f.Add("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,2.5,0.25,2.75,0.125\n2,1.5,0.5,,\n")
	f.Add("\xEF\xBB\xBFvalid_loss,step\r\nnan,3.0\r\n")
	f.Add("c3RlcCx0cmFpbl9sb3NzCjEsMgo=")
	f.Add("step\n\"1\n\"\n")
	f.Fuzz(func(t *testing.T, in string) {
		steps, err := ReadSteps(strings.NewReader(in))
		if err != nil {
			return
		}
		again, err := ReadSteps(bytes.NewReader(FormatSteps(steps)))
		if err != nil {
			t.Fatalf("reading what was read and written: %v", err)
		}
		if len(again) != len(steps) {
			t.Fatalf("%d steps, then %d", len(steps), len(again))
		}
		for i := range steps {
			if !same(steps[i], again[i]) {
				t.Fatalf("step %d: %+v, then %+v", i, steps[i], again[i])
			}
		}
	})
}

func ExampleReadSteps() {
	steps, err := ReadSteps(strings.NewReader(`step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy
1,3.41,0.05,,
2,1.20,0.71,1.35,0.66
`))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	last := steps[len(steps)-1]
	fmt.Printf("step %d: validation accuracy %.2f\n", last.Step, last.ValidAccuracy)
	// Output: step 2: validation accuracy 0.66
}
