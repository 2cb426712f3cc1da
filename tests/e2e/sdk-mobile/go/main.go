// Captures events with the official Go SDK.
// Usage: go-phone EVENT COUNT MODE COMPRESSION [PROPERTIES], with MODE legacy or v1 and COMPRESSION none, gzip, zstd,
// deflate or br; PROPERTIES is a JSON object for each event.
// Prints what was sent and what the SDK made of the answers as one line of JSON.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/posthog/posthog-go"
)

type connection struct {
	URL   string `json:"url"`
	Token string `json:"project_token"`
}

// report counts exchanges by what identifies them, and events by the SDK's verdict.
type report struct {
	mutex     sync.Mutex
	Exchanges map[string]int `json:"exchanges"`
	Delivered int            `json:"delivered"`
	Failed    []string       `json:"failed"`
}

// RoundTrip watches the SDK's requests; it changes nothing.
func (seen *report) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(request)
	seen.mutex.Lock()
	defer seen.mutex.Unlock()
	status := 0
	if err == nil {
		status = answer.StatusCode
	}
	seen.Exchanges[fmt.Sprintf("%s %d %s", request.URL.Path, status, request.Header.Get("Content-Encoding"))]++
	return answer, err
}

func (seen *report) Success(posthog.APIMessage) {
	seen.mutex.Lock()
	defer seen.mutex.Unlock()
	seen.Delivered++
}

func (seen *report) Failure(_ posthog.APIMessage, err error) {
	seen.mutex.Lock()
	defer seen.mutex.Unlock()
	seen.Failed = append(seen.Failed, err.Error())
}

var modes = map[string]posthog.CaptureMode{
	"legacy": posthog.CaptureModeLegacy,
	"v1":     posthog.CaptureModeAnalyticsV1,
}

var compressions = map[string]posthog.CompressionMode{
	"none":    posthog.CompressionNone,
	"gzip":    posthog.CompressionGzip,
	"zstd":    posthog.CompressionZstd,
	"deflate": posthog.CompressionDeflate,
	"br":      posthog.CompressionBrotli,
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
	seen := &report{Exchanges: map[string]int{}, Failed: []string{}}
	client, err := posthog.NewWithConfig(product.Token, posthog.Config{
		Endpoint: product.URL, BatchSize: 40, Interval: 200 * time.Millisecond, Transport: seen, Callback: seen,
		CaptureMode: modes[os.Args[3]], Compression: compressions[os.Args[4]],
	})
	if err != nil {
		log.Fatal(err)
	}
	more := posthog.NewProperties()
	if len(os.Args) > 5 {
		decoder := json.NewDecoder(strings.NewReader(os.Args[5]))
		decoder.UseNumber()
		if err := decoder.Decode(&more); err != nil {
			log.Fatal(err)
		}
	}
	for index := 0; index < count; index++ {
		if err := client.Enqueue(posthog.Capture{
			DistinctId: fmt.Sprintf("go-%d", index%9),
			Event:      os.Args[1],
			Properties: posthog.NewProperties().Set("index", index).Set("text", "snow ☃ <b>&'\"").Merge(more),
		}); err != nil {
			log.Fatal(err)
		}
	}
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		log.Fatal(err)
	}
}
