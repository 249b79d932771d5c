package database

import "testing"

func TestModelsAreNamedByAliasAndByTheStartOfAnID(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		task := open(t, location).Task("demo")
		_, err := task.Resolve(t.Context(), "champion")
		wantInput(t, err, "no fine-tuned model")
		for _, id := range []string{"ft:softmax:own:sb-1111aaaa:K2PQ77", "ft:softmax:own:sb-2222bbbb:K2ZZ88", "ft:softmax:own:sb-3333cccc:XYZW99"} {
			m := model(1)
			m.ID = id
			if _, err := task.Register(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		first, second, third := "ft:softmax:own:sb-1111aaaa:K2PQ77", "ft:softmax:own:sb-2222bbbb:K2ZZ88", "ft:softmax:own:sb-3333cccc:XYZW99"
		_, err = task.Resolve(t.Context(), "previous")
		wantInput(t, err, "no earlier champion")
		_, err = task.Resolve(t.Context(), "challenger")
		wantInput(t, err, "the task demo has no challenger")
		if err := task.Promote(t.Context(), second, "", anna, "better"); err != nil {
			t.Fatal(err)
		}
		if err := task.Challenge(t.Context(), third, anna, "try"); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"champion": second, "previous": first, "challenger": third,
			first: first, "sb-2222": second, "XYZW99": third, "K2ZZ": second, "XYZW": third,
			// A short or unknown name is for whoever looks the model up to refuse.
			"XYZ": "XYZ", "ft:gpt": "ft:gpt", "": "",
		} {
			if got, err := task.Resolve(t.Context(), name); got != want || err != nil {
				t.Errorf("%q means %q, %v; want %q", name, got, err, want)
			}
		}
		for _, name := range []string{"ft:softmax", "softmax"} {
			_, err = task.Resolve(t.Context(), name)
			wantInput(t, err, `"`+name+`" is the start of 3 models: `+first+", "+second+", "+third+"; type more of it")
		}
	})
}

// An id that begins another is not ambiguous.
func TestWholeIDsComeBeforeStarts(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		task := open(t, location).Task("demo")
		for _, id := range []string{"ft:m:1", "ft:m:12"} {
			m := model(1)
			m.ID = id
			if _, err := task.Register(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if id, err := task.Resolve(t.Context(), "ft:m:1"); id != "ft:m:1" || err != nil {
			t.Errorf("it means %q, %v", id, err)
		}
	})
}
