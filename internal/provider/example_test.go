package provider_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"switchboard/internal/provider"
)

// Submitting exactly once: what an earlier attempt left behind is adopted.
func Example() {
	ctx := context.Background()
	client, err := provider.New(provider.Options{
		BaseURL:           "http://localhost:8080/v1",
		APIKey:            os.Getenv("OPENAI_API_KEY"),
		RequestsPerMinute: 3000,
	})
	if err != nil {
		fmt.Println(err) // a sentence about the setting that is wrong
		return
	}

	const hash, size = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 1 << 20
	name := "train-" + hash[:12] + ".jsonl"
	file, found, err := client.FindFile(ctx, name, size, hash, provider.PurposeFineTune)
	if err == nil && !found {
		var content *os.File
		if content, err = os.Open(name); err == nil {
			defer content.Close()
			file, err = client.UploadFile(ctx, name, content, size, provider.PurposeFineTune)
		}
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	request := provider.JobRequest{
		BaseModel:    "base-1",
		TrainingFile: file.ID,
		Suffix:       "switchboard-" + hash[:12],
		Metadata:     map[string]string{"training": hash},
	}
	job, found, err := client.FindJob(ctx, request, "training")
	if err == nil && !found {
		job, err = client.CreateJob(ctx, request)
	}
	var e *provider.Error
	switch {
	case errors.As(err, &e) && e.Permanent:
		fmt.Println("nothing to wait for:", err)
	case errors.As(err, &e):
		fmt.Println("again in", e.RetryAfter)
	default:
		fmt.Println(job.ID, job.Status)
	}
}
