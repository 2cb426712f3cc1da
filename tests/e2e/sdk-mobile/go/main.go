// Captures events with the official Go SDK. Usage: go run . EVENT COUNT
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/posthog/posthog-go"
)

type connection struct {
	URL   string `json:"url"`
	Token string `json:"project_token"`
}

func main() {
	text, err := os.ReadFile(os.Getenv("BRISTLE_CONNECTION"))
	if err != nil {
		log.Fatal(err)
	}
	var product connection
	if err := json.Unmarshal(text, &product); err != nil {
		log.Fatal(err)
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	client, err := posthog.NewWithConfig(product.Token, posthog.Config{
		Endpoint: product.URL, BatchSize: 40, Interval: 200 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}
	for index := 0; index < count; index++ {
		if err := client.Enqueue(posthog.Capture{
			DistinctId: fmt.Sprintf("go-%d", index%9),
			Event:      os.Args[1],
			Properties: posthog.NewProperties().Set("index", index),
		}); err != nil {
			log.Fatal(err)
		}
	}
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
}
