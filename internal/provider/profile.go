package provider

import (
	"cmp"
	"net/url"
	"strings"

	"switchboard/internal/problem"
)

// profile is what differs from provider to provider, as data: whatever depends
// on who answers reads it here. A profile is chosen by the base URL's host.
//
// Where a fact comes from stands beside it; all were read on 2026-11-25, in
// stored copies of the vendors' pages. Nobody called a vendor: docs/providers.md
// says which facts could not be verified, and a test holds it against this
// table.
type profile struct {
	// name is what sentences call it.
	name string
	// hosts are those of its base URLs; one that begins with a dot stands
	// for every host that ends in it.
	hosts []string
	// basePath is how the base URL's path must end; "" for any.
	basePath string
	// keyHeader carries the API key; "" is Authorization, as a bearer token.
	keyHeader string

	// method: hyperparameters are sent as method.supervised.hyperparameters,
	// the protocol's newer form, and as hyperparameters otherwise.
	method bool
	// hyperparameters are sent with every job.
	hyperparameters map[string]any
	// metadata: a job takes it.
	metadata bool
	// metadataFilter: the list of jobs can be asked for it.
	metadataFilter bool
	// maxSuffix is a suffix's longest length in characters.
	maxSuffix int
	// maxSeed is the largest seed; 0 for no limit.
	maxSeed int64
	// onePage: lists of jobs and files have no cursor. What comes is all.
	onePage bool
	// forbidden is what it means that a job may not be created.
	forbidden string
	// untrainable is what to do when a base model cannot be fine-tuned.
	untrainable string

	// maxFile is an upload's largest size in bytes; 0 for no limit.
	maxFile int64
	// byteOrderMark: files in JSON Lines begin with one.
	byteOrderMark bool
	// filesTakeTime: a file is read after its upload was answered, and a job
	// has to wait for that.
	filesTakeTime bool

	// listedAs gives the name that a base model is listed and asked under,
	// where that differs from the one it is fine-tuned under.
	listedAs map[string]string
	// serving is how a fine-tuned model comes to answer.
	serving serving
}

// serving is how a fine-tuned model comes to answer.
type serving int

const (
	// servedAtOnce: by the name that the job gives it, some minutes later at
	// the latest.
	servedAtOnce serving = iota
	// servedByDeployment: once the operator has deployed it. It answers
	// under the deployment's name.
	servedByDeployment
	// servedAsAdapter: once a checkpoint of the job was made a model of its
	// own, which the same key can do.
	servedAsAdapter
)

const (
	megabyte = 1 << 20
	gigabyte = 1 << 30
	// maxInt32 is the largest seed of the protocol's description.
	maxInt32 = 1<<31 - 1
)

// openAIEnds is what a refusal to create jobs means at OpenAI.
const openAIEnds = "OpenAI stopped it for new organisations on 2026-05-07, for inactive ones on 2026-07-02, and stops it for all on 2027-01-06"

var profiles = []profile{
	{
		// API reference, "Fine-tuning" and "Files" (developers.openai.com),
		// and its OpenAPI description: method in place of hyperparameters,
		// which are deprecated; suffix of 64 characters; 16 pairs of
		// metadata, and metadata[key] as a filter of the list; seeds from 0
		// to 2147483647; files of 512 MB. EU and US residency have hosts of
		// their own below api.openai.com.
		name: "OpenAI", hosts: []string{"api.openai.com", ".api.openai.com"},
		method: true, metadata: true, metadataFilter: true, maxSuffix: 64, maxSeed: maxInt32,
		forbidden:   openAIEnds + "; before that it is granted per project",
		untrainable: "choose a base model that OpenAI's page on fine-tuning lists",
		maxFile:     512 * megabyte,
	},
	{
		// "Azure OpenAI in Microsoft Foundry Models v1 API" and the v1
		// description in azure-rest-api-specs (OpenAI.v1): no api-version;
		// files, fine-tuning with pause, resume, events and checkpoints, and
		// models are all below /openai/v1; the key in api-key; seeds as at
		// OpenAI; the list of jobs takes after and limit only; a file is
		// pending before it is processed. How-to guide for REST and Python:
		// hyperparameters at the top; at least 10 examples; JSONL in UTF-8
		// "with a byte-order mark", less than 512 MB; a suffix of 18
		// characters (v1 says 64, the older REST reference 40); a model
		// answers only once it is deployed, under the deployment's name.
		name:     "Azure OpenAI",
		hosts:    []string{".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com", ".openai.azure.us"},
		basePath: "/openai/v1", keyHeader: "api-key",
		metadata: true, maxSuffix: 18, maxSeed: maxInt32,
		forbidden:   "fine-tuning asks for a role such as Cognitive Services OpenAI Contributor on the resource",
		untrainable: "choose a model that can be fine-tuned in the region of the resource, with its date, such as gpt-4.1-mini-2025-04-14 (training on it ended in October 2026 but for existing customers); training in other regions than the resource's is not asked for",
		maxFile:     512*megabyte - 1, byteOrderMark: true, filesTakeTime: true,
		serving: servedByDeployment,
	},
	{
		// API reference (docs.tokenfactory.nebius.com, openapi.json of
		// 2026-05-06): hyperparameters n_epochs, batch_size, learning_rate
		// (not learning_rate_multiplier), lora and others; tags in place of
		// metadata; seed; the list of jobs takes a project only; a job has no
		// field for the model's name. Guide "datasets": files of 5 GB.
		// POST /v0/models makes a checkpoint "<job>:<checkpoint>" a model,
		// for adapters (LoRA) only. Cookbook, post-training/fine-tuning-1:
		// the whole way, and the base models that have two names.
		name:  "Nebius Token Factory",
		hosts: []string{".nebius.com"}, basePath: "/v1",
		hyperparameters: map[string]any{"lora": true},
		maxSuffix:       64, onePage: true,
		forbidden:   "Nebius grants it per project: check the project that the key belongs to, and its balance",
		untrainable: "choose a base model whose adapters Nebius serves, such as meta-llama/Llama-3.1-8B-Instruct",
		maxFile:     5 * gigabyte,
		listedAs: map[string]string{
			"meta-llama/Llama-3.1-8B-Instruct": "meta-llama/Meta-Llama-3.1-8B-Instruct",
			"unsloth/gpt-oss-20b-BF16":         "openai/gpt-oss-20b",
		},
		serving: servedAsAdapter,
	},
	compatible,
}

// compatible is whoever speaks the protocol as OpenAI describes it, the
// project's own model server among them.
var compatible = profile{
	name: "OpenAI-compatible", method: true, metadata: true, metadataFilter: true, maxSuffix: 64,
	forbidden:   openAIEnds + "; other providers grant it per project",
	untrainable: "choose another base model",
}

// profileOf returns the profile for a base URL.
func profileOf(base *url.URL) profile {
	host := strings.ToLower(base.Hostname())
	for _, p := range profiles {
		for _, h := range p.hosts {
			if host == h || (strings.HasPrefix(h, ".") && strings.HasSuffix(host, h)) {
				return p
			}
		}
	}
	return compatible
}

// checkBase returns a problem for a base URL that this provider does not have.
func (p profile) checkBase(base *url.URL) error {
	if p.basePath == "" || strings.HasSuffix(strings.TrimRight(base.Path, "/"), p.basePath) {
		return nil
	}
	return problem.Input("OPENAI_BASE_URL is %q, which is %s: expected %s://%s%s, without a version in the query", redactURL(base.String()), p.name, base.Scheme, base.Host, p.basePath)
}

// checkJob returns a problem for a job that this provider cannot take.
func (p profile) checkJob(r JobRequest) error {
	switch {
	case len([]rune(r.Suffix)) > p.maxSuffix:
		return problem.Input("the suffix %q is too long for %s: expected at most %d characters", r.Suffix, p.name, p.maxSuffix)
	case r.Seed != nil && p.maxSeed > 0 && (*r.Seed < 0 || *r.Seed > p.maxSeed):
		return problem.Input("the seed %d is not one that %s takes: expected 0 to %d", *r.Seed, p.name, p.maxSeed)
	}
	return nil
}

// listed is the name under which the provider lists a model.
func (p profile) listed(model string) string { return cmp.Or(p.listedAs[model], model) }

// maxDeployment is the length of a deployment's name at Azure.
const maxDeployment = 64

// asked is the name under which a model is asked. A fine-tuned model of Azure,
// such as gpt-4.1-mini-2025-04-14.ft-0123456789abcdef-sb-0123, can be longer
// than a deployment's name may be: it is deployed as what follows the first
// dot before "ft-", which is unique.
func (p profile) asked(model string) string {
	if p.serving != servedByDeployment {
		return p.listed(model)
	}
	if _, job, ok := strings.Cut(model, ".ft-"); ok {
		model = "ft-" + strings.ReplaceAll(job, ":", "-")
	}
	return model[:min(len(model), maxDeployment)]
}

// preamble is what a file in JSON Lines begins with.
func (p profile) preamble() string {
	if p.byteOrderMark {
		return "\ufeff"
	}
	return ""
}
