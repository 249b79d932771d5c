package modelserver

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"sync"

	"switchboard/internal/classifier"
	"switchboard/internal/config"
)

// BaseModel is the model that can be fine-tuned everywhere: a softmax regression,
// and nothing else.
const BaseModel = config.SoftmaxBaseModel

// baseModelCreated is when the first version of the base models was defined,
// in seconds since 1970.
const baseModelCreated = 1_764_000_000

// maxLoaded is how many models are held in memory, 10 to 35 MB each.
const maxLoaded = 4

func modelPath(jobID string) string { return modelsDir + "/" + jobID + ".model" }

// tuned is a fine-tuned model that can be asked: a job's, or one of its
// checkpoints.
type tuned struct {
	id, jobID, path string
	owner           string
	created         int64
	parent          string
	card            *card  // of a language model's
	sum             string // the SHA-256 of its adapter
}

// models returns the models that a job made, whether or not their files are
// still there: none before it succeeded.
func (j job) models() []tuned {
	if j.Status != statusSucceeded {
		return nil
	}
	made := []tuned{{id: j.modelID(), jobID: j.ID, path: modelPath(j.ID), owner: j.Owner, created: j.Finished, parent: j.Model, card: j.Card, sum: j.Adapter}}
	for _, c := range j.Checkpoints {
		made = append(made, tuned{id: c.modelID(j), jobID: j.ID, path: c.path(j.ID), owner: j.Owner, created: c.Created, parent: j.Model, card: j.Card, sum: c.Adapter})
	}
	return made
}

// shelf holds the fine-tuned models: those whose job succeeded and whose file
// is there. They are read when first asked, and the most recently asked stay
// in memory.
type shelf struct {
	disk disk
	open func(path string) (answerer, error)

	mu     sync.Mutex
	models map[string]*shelved // by model id
	clock  int64               // counts look-ups
}

type shelved struct {
	tuned
	// asked is the clock of the last look-up.
	asked  int64
	loaded *loading // nil if not in memory
}

// loading is a model that is in memory or on its way there.
type loading struct {
	once  sync.Once
	model answerer
	err   error
}

// answerer is a model that can be asked.
type answerer interface {
	// answer returns all labels with their probabilities, which add up to 1, the
	// likeliest first. What is wrong with the server, and not with the model, is an
	// [apiError].
	answer(ctx context.Context, text string) ([]classifier.Scored, error)
	// explain returns the same, and what in the text speaks for the likeliest label.
	// A model that cannot tell answers with an [apiError].
	explain(ctx context.Context, text string) ([]classifier.Scored, classifier.Explanation, error)
}

// openModel reads what is under the path of a model: a file is a classifier, and a
// folder an adapter of a language model.
func (s *Server) openModel(path string) (answerer, error) {
	file, err := s.disk.root.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a model: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening a model: %w", err)
	}
	if info.IsDir() {
		return s.openAdapter(path)
	}
	model, err := classifier.Read(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return linear{model, s.options.Encoder}, nil
}

// openShelf finds the models of the jobs, which open reads by their paths.
func openShelf(d disk, jobs *collection[job], open func(path string) (answerer, error)) (*shelf, error) {
	s := &shelf{disk: d, open: open, models: map[string]*shelved{}}
	names, err := d.names(modelsDir, ".model")
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, name := range names {
		there[modelPath(name)] = true
	}
	for _, j := range jobs.newest() {
		for _, m := range j.models() {
			if there[m.path] {
				s.models[m.id] = &shelved{tuned: m}
			}
		}
	}
	return s, nil
}

// add puts a job's models on the shelf.
func (s *shelf) add(j job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range j.models() {
		s.models[m.id] = &shelved{tuned: m}
	}
}

func (s *shelf) has(id string) (tuned, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[id]
	if !ok {
		return tuned{}, false
	}
	return m.tuned, true
}

// newest returns all models, the latest first.
func (s *shelf) newest() []tuned {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]tuned, 0, len(s.models))
	for _, m := range s.models {
		all = append(all, m.tuned)
	}
	slices.SortFunc(all, func(a, b tuned) int {
		return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(a.id, b.id))
	})
	return all
}

// get returns a model, reading it if need be; fs.ErrNotExist if there is none
// of that id. Several callers at once read it once.
func (s *shelf) get(id string) (answerer, error) {
	s.mu.Lock()
	m, ok := s.models[id]
	if !ok {
		s.mu.Unlock()
		return nil, fs.ErrNotExist
	}
	s.clock++
	m.asked = s.clock
	if m.loaded == nil {
		m.loaded = &loading{}
		s.evict()
	}
	l, path := m.loaded, m.path
	s.mu.Unlock()

	l.once.Do(func() { l.model, l.err = s.open(path) })
	if l.err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if m.loaded == l {
			m.loaded = nil // to try again: the disk may recover
		}
	}
	return l.model, l.err
}

// evict forgets the model that was asked longest ago if there are too many.
func (s *shelf) evict() {
	var oldest *shelved
	count := 0
	for _, m := range s.models {
		if m.loaded == nil {
			continue
		}
		count++
		if oldest == nil || m.asked < oldest.asked {
			oldest = m
		}
	}
	if count > maxLoaded {
		oldest.loaded = nil
	}
}

// remove deletes a model of an owner that may be, and reports whether there was
// one.
func (s *shelf) remove(id string, may func(owner string) bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[id]
	if !ok || !may(m.owner) {
		return false, nil
	}
	if err := s.disk.remove(m.path); err != nil {
		return true, err
	}
	delete(s.models, id)
	return true, nil
}

// modelObject is a model as OpenAI shows it, and as go-openai reads it.
type modelObject struct {
	ID      string  `json:"id"`
	Object  string  `json:"object"`
	Created int64   `json:"created"`
	OwnedBy string  `json:"owned_by"`
	Root    string  `json:"root"`
	Parent  *string `json:"parent"`
	Owner   string  `json:"owner,omitempty"`
	// The card of a language model, or of the base of what was made of it, and the
	// SHA-256 of the adapter.
	*card
	Adapter string `json:"adapter_sha256,omitempty"`
}

func (s *Server) baseModelObject(id string) modelObject {
	object := modelObject{ID: id, Object: "model", Created: baseModelCreated, OwnedBy: organization, Root: id}
	if base, ok := s.options.LanguageModels.Base(id); ok {
		object.card = cardOf(base)
	}
	return object
}

func (m tuned) object(h *holder) modelObject {
	return modelObject{
		Owner: h.shown(m.owner),
		ID:    m.id, Object: "model", Created: seconds(m.created), OwnedBy: organizationID,
		Root: m.parent, Parent: optional(m.parent), card: m.card, Adapter: m.sum,
	}
}

func noSuchModel(id string) *apiError {
	return invalid(http.StatusNotFound, "model", "model_not_found", "The model '%.200s' does not exist or you do not have access to it.", id)
}

func (s *Server) listModels(w http.ResponseWriter, r *http.Request) error {
	h := holderOf(r)
	models := list[modelObject]{Object: "list"}
	for _, id := range s.baseModels() {
		models.Data = append(models.Data, s.baseModelObject(id))
	}
	for _, m := range s.models.newest() {
		if lists(r, m.owner) {
			models.Data = append(models.Data, m.object(h))
		}
	}
	models.FirstID, models.LastID = &models.Data[0].ID, &models.Data[len(models.Data)-1].ID
	writeJSON(w, http.StatusOK, models)
	return nil
}

func (s *Server) getModel(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if s.isBase(id) {
		writeJSON(w, http.StatusOK, s.baseModelObject(id))
		return nil
	}
	h := holderOf(r)
	m, ok := s.models.has(id)
	if !ok || !h.may(m.owner) {
		return noSuchModel(id)
	}
	writeJSON(w, http.StatusOK, m.object(h))
	return nil
}

func (s *Server) deleteModel(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if s.isBase(id) {
		return invalid(http.StatusForbidden, "model", "model_not_deletable", "A base model cannot be deleted: only fine-tuned models can.")
	}
	found, err := s.models.remove(id, holderOf(r).may)
	if err != nil {
		return err
	}
	if !found {
		return noSuchModel(id)
	}
	writeJSON(w, http.StatusOK, deleted{ID: id, Object: "model", Deleted: true})
	return nil
}
