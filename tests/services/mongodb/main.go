// Serves the MongoDB protocol on a loopback port, for tests: FerretDB on
// SQLite files, behind a front that lets one message through at a time.
//
// FerretDB applies an update as a read and a write, so that two connections
// can lose one another's. Behind the front it behaves as one atomic server
// without transactions.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:27017", "address to listen on")
	folder := flag.String("folder", ".", "folder for the databases")
	flag.Parse()
	if err := serve(*listen, *folder); err != nil {
		log.Fatal(err)
	}
}

func serve(listen, folder string) error {
	socket := filepath.Join(folder, "server.sock")
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + folder + "/?_pragma=synchronous(off)",
	})
	if err != nil {
		return err
	}
	ended, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	front, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	go func() {
		<-ended.Done()
		front.Close()
	}()
	go accept(front, socket)
	return server.Run(ended)
}

// turn is held from a message to its reply.
var turn sync.Mutex

func accept(front net.Listener, socket string) {
	for {
		client, err := front.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("unix", socket)
			if err != nil {
				log.Print(err)
				return
			}
			defer server.Close()
			for relay(client, server) == nil {
			}
		}()
	}
}

// relay lets one message through, and its reply where it has one.
func relay(client, server net.Conn) error {
	request, err := read(client)
	if err != nil {
		return err
	}
	turn.Lock()
	defer turn.Unlock()
	if _, err := server.Write(request); err != nil || moreToCome(request) {
		return err
	}
	reply, err := read(server)
	if err != nil {
		return err
	}
	// A client that does not read must not keep the others waiting.
	go client.Write(reply)
	return nil
}

const (
	headerBytes = 16
	mostBytes   = 48 << 20
	opMsg       = 2013
)

// read takes one message: its length comes first, itself included.
func read(from io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(length[:])
	if size < headerBytes || size > mostBytes {
		return nil, errors.New("not a message")
	}
	message := make([]byte, size)
	copy(message, length[:])
	_, err := io.ReadFull(from, message[4:])
	return message, err
}

// moreToCome says whether the sender wants no reply.
func moreToCome(message []byte) bool {
	if len(message) < headerBytes+4 || binary.LittleEndian.Uint32(message[12:]) != opMsg {
		return false
	}
	return binary.LittleEndian.Uint32(message[headerBytes:])&2 != 0
}
