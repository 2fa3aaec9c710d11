// A client of the Ticker protocol 1.1, over server-sent events: it follows a newsroom's feed, keeps the board of
// its filter and stores its cursor. PROTOCOL.md is its only source; the sections are named where they matter.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Item has the members that this client shows (§5).
type Item struct {
	ID       string `json:"id"`
	Version  int    `json:"version"`
	Level    string `json:"level"`
	Headline string `json:"headline"`
}

// Message is a message of the server. Members and types that are not known are ignored (§5).
type Message struct {
	Type      string `json:"type"`
	Mode      string `json:"mode"`
	Reset     bool   `json:"reset"`
	Reason    string `json:"reason"`
	Cursor    string `json:"cursor"`
	Heartbeat int    `json:"heartbeat"`
	Action    string `json:"action"`
	Item      Item   `json:"item"`
	Items     []Item `json:"items"`
	More      bool   `json:"more"`
	DelayMs   int    `json:"delay_ms"`
	RetryMs   int    `json:"retry_ms"`
	Text      string `json:"message"`
}

// Client is one subscription that lasts across connections.
type Client struct {
	base, query, file string
	tokenFile         string // §6: a reader token; read before each connection, so that it may be replaced
	refused           bool   // a token was refused since the last welcome
	idsOnly           bool
	wholeBoard        bool
	cursor            string
	board             map[string]Item
	pages             map[string]Item // of a snapshot that is not complete
	heartbeat         time.Duration
	goodbye           *Message
}

var errRefused = errors.New("refused") // §9: another status than 200 makes a client stop

func main() {
	address := flag.String("url", "http://127.0.0.1:8000", "address of the newsroom")
	query := flag.String("query", "backlog=all", "filter and backlog (PROTOCOL.md §4)")
	file := flag.String("cursor", "", "file for the cursor")
	token := flag.String("token", "", "file with a reader token, for protected editions (PROTOCOL.md §6)")
	ids := flag.Bool("ids", false, "print only the ids of items in events")
	whole := flag.Bool("board", false, "print the items after each change, as a line of JSON")
	flag.Parse()
	client := &Client{base: strings.TrimSuffix(*address, "/"), query: *query, file: *file, idsOnly: *ids, wholeBoard: *whole, tokenFile: *token,
		board: map[string]Item{}, heartbeat: 25 * time.Second}
	if stored, err := os.ReadFile(*file); err == nil {
		client.cursor = strings.TrimSpace(string(stored))
	}
	if err := client.Follow(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Follow connects again and again (§7: full jitter, up to 30 s; reset after 5 s from the welcome).
func (c *Client) Follow() error {
	failures, expected := 0, 0
	for {
		c.goodbye, c.pages = nil, nil
		welcomed, err := c.connect()
		if errors.Is(err, errRefused) {
			return err
		}
		if !welcomed.IsZero() && time.Since(welcomed) >= 5*time.Second {
			failures, expected = 0, 0
		}
		bound := min(time.Second<<min(failures, 5), 30*time.Second)
		if expected > 0 { // §5: another server takes the place of the one that said goodbye
			expected--
		} else {
			failures++
		}
		delay := time.Duration(rand.Int64N(int64(bound)))
		if c.goodbye != nil {
			delay = time.Duration(min(c.goodbye.DelayMs, 120_000)) * time.Millisecond
			if c.goodbye.RetryMs > 0 {
				expected = 60
			}
		}
		time.Sleep(delay)
	}
}

// connect follows one connection to its end and returns the time of its welcome.
func (c *Client) connect() (welcomed time.Time, err error) {
	target := c.base + "/v1/events?" + c.query
	if c.cursor != "" {
		target += "&after=" + url.QueryEscape(c.cursor)
	}
	request, err := http.NewRequest("GET", target, nil)
	if err != nil {
		return welcomed, fmt.Errorf("%w: %w", errRefused, err)
	}
	if c.tokenFile != "" {
		token, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return welcomed, err // it may be there at the next attempt
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	transport := &http.Transport{ResponseHeaderTimeout: 10 * time.Second}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request) // a redirect to another host loses the token
	if err != nil {
		return welcomed, err
	}
	defer response.Body.Close()
	if response.StatusCode == 401 && c.tokenFile != "" && !c.refused {
		c.refused = true // §6: once with a new token
		return welcomed, errors.New("the token is refused")
	}
	if response.StatusCode == 429 || response.StatusCode >= 500 {
		return welcomed, fmt.Errorf("status %d", response.StatusCode)
	}
	if response.StatusCode != 200 {
		return welcomed, fmt.Errorf("%w: status %d", errRefused, response.StatusCode)
	}
	// §5: a connection is dead after two heartbeats and 5 seconds without a byte.
	watchdog := time.AfterFunc(2*c.heartbeat+5*time.Second, func() { response.Body.Close() })
	defer watchdog.Stop()
	lines := bufio.NewReader(response.Body)
	var data strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return welcomed, err
		}
		watchdog.Reset(2*c.heartbeat + 5*time.Second)
		line = strings.TrimRight(line, "\r\n")
		if value, found := strings.CutPrefix(line, "data:"); found {
			data.WriteString(strings.TrimPrefix(value, " "))
		}
		if line != "" || data.Len() == 0 {
			continue
		}
		var message Message
		if err := json.Unmarshal([]byte(data.String()), &message); err != nil {
			return welcomed, err
		}
		data.Reset()
		if message.Type == "welcome" && welcomed.IsZero() {
			welcomed, c.refused = time.Now(), false
		}
		c.take(message)
	}
}

// take applies one message (§4, §5).
func (c *Client) take(message Message) {
	switch message.Type {
	case "welcome":
		if message.Heartbeat > 0 {
			c.heartbeat = time.Duration(message.Heartbeat) * time.Second
		}
		if message.Mode == "live" { // nothing was missed up to this cursor
			c.store(message.Cursor)
		}
	case "snapshot", "page":
		if message.Type == "snapshot" {
			c.pages = map[string]Item{}
		}
		for _, item := range message.Items {
			c.pages[item.ID] = item
		}
		if message.More { // the cursor is stored after the last page only
			return
		}
		c.board, c.pages = c.pages, nil
		c.print("snapshot", fmt.Sprintf("%d items", len(c.board)))
		c.store(message.Cursor)
	case "item":
		c.apply(message)
		c.store(message.Cursor)
	case "heartbeat":
		c.store(message.Cursor)
	case "goodbye":
		c.goodbye = &message
	case "warning", "error":
		fmt.Fprintln(os.Stderr, message.Type+":", message.Text)
	}
}

func (c *Client) apply(message Message) {
	item := message.Item
	if known, found := c.board[item.ID]; found && item.Version <= known.Version {
		return
	}
	if message.Action == "retract" || message.Action == "expire" {
		delete(c.board, item.ID)
		c.print(message.Action, item.ID)
		return
	}
	c.board[item.ID] = item
	if c.idsOnly {
		fmt.Println(item.ID)
	} else {
		c.print(message.Action, item.Level+": "+item.Headline)
	}
}

func (c *Client) print(action, text string) {
	if c.wholeBoard {
		if line, err := json.Marshal(slices.AppendSeq([]Item{}, maps.Values(c.board))); err == nil {
			fmt.Println(string(line))
		}
	} else if !c.idsOnly {
		fmt.Printf("%-9s %s\n", action, text)
	}
}

// store keeps the cursor; the file is replaced in one step, so that a crash leaves the old or the new one.
func (c *Client) store(cursor string) {
	c.cursor = cursor
	if c.file == "" {
		return
	}
	if err := os.WriteFile(c.file+".new", []byte(cursor+"\n"), 0o600); err == nil {
		err = os.Rename(c.file+".new", c.file)
		if err != nil {
			fmt.Fprintln(os.Stderr, "the cursor cannot be stored:", err)
		}
	}
}
