package kafka

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Retention is how long a topic keeps its records.
type Retention struct {
	// Known is false where the brokers do not say.
	Known bool
	// For is the least time; 0 where records are kept without end.
	For time.Duration
}

// Retention asks how long a topic keeps its records. One that is kept until another
// comes with its key is kept without end.
func (c *Client) Retention(ctx context.Context, topic string) (Retention, error) {
	all, err := c.admin.DescribeTopicConfigs(ctx, topic)
	if err == nil {
		of, missing := all.On(topic, nil)
		if err = missing; err == nil {
			err = of.Err
		}
		settings := map[string]string{}
		for _, s := range of.Configs {
			settings[s.Key] = s.MaybeValue()
		}
		if err == nil {
			return retention(settings), nil
		}
	}
	return Retention{}, faultOf(ctx, "asking how long topic "+topic+" keeps its records", err)
}

func retention(settings map[string]string) Retention {
	if policy, told := settings["cleanup.policy"]; told && !strings.Contains(policy, "delete") {
		return Retention{Known: true}
	}
	ms, err := strconv.ParseInt(settings["retention.ms"], 10, 64)
	if err != nil {
		return Retention{}
	}
	return Retention{Known: true, For: time.Duration(max(ms, 0)) * time.Millisecond}
}
