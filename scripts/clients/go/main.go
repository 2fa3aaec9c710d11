// Follows the feed with gorilla/websocket or coder/websocket: main LIBRARY URL.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

type message struct {
	Type, Mode, Cursor string
	Item               struct{ ID string }
}

var after string

func take(data []byte) {
	var one message
	if json.Unmarshal(data, &one) != nil {
		return
	}
	if one.Type == "item" {
		fmt.Println(one.Item.ID)
	}
	if one.Cursor != "" && (one.Type != "welcome" || one.Mode == "live") {
		after = one.Cursor
	}
}

func withGorilla(address string) {
	dialer := gorilla.Dialer{HandshakeTimeout: 2 * time.Second, EnableCompression: true}
	socket, _, err := dialer.Dial(address, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	for {
		_, data, err := socket.ReadMessage()
		if err != nil {
			return
		}
		take(data)
	}
}

func withCoder(address string) {
	ctx := context.Background()
	options := &coder.DialOptions{CompressionMode: coder.CompressionContextTakeover}
	dialing, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	socket, _, err := coder.Dial(dialing, address, options)
	if err != nil {
		return
	}
	defer socket.CloseNow()
	socket.SetReadLimit(1 << 24)
	for {
		_, data, err := socket.Read(ctx)
		if err != nil {
			return
		}
		take(data)
	}
}

func main() {
	follow := map[string]func(string){"gorilla": withGorilla, "coder": withCoder}[os.Args[1]]
	base := strings.Replace(os.Args[2], "http", "ws", 1) + "/v1/ws?backlog=0&after="
	for {
		follow(base + url.QueryEscape(after))
		time.Sleep(200 * time.Millisecond)
	}
}
