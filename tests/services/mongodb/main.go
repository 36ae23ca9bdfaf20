// Serves the MongoDB protocol on a loopback port, for tests: FerretDB on
// SQLite files, behind a proxy that forwards one message at a time.
//
// FerretDB applies an update as a read and a write, so that concurrent updates
// can be lost. Behind the proxy it is an atomic server without transactions.
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
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	go func() {
		<-interrupted.Done()
		listener.Close()
	}()
	go accept(listener, socket)
	return server.Run(interrupted)
}

// exchange is locked from a message to its reply.
var exchange sync.Mutex

func accept(listener net.Listener, socket string) {
	for {
		client, err := listener.Accept()
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

// relay forwards one message, and its reply if the client expects one.
func relay(client, server net.Conn) error {
	request, err := read(client)
	if err != nil {
		return err
	}
	exchange.Lock()
	defer exchange.Unlock()
	if _, err := server.Write(request); err != nil || moreToCome(request) {
		return err
	}
	reply, err := read(server)
	if err != nil {
		return err
	}
	// A client that does not read must not block the others.
	go client.Write(reply)
	return nil
}

const (
	headerBytes = 16
	maxBytes    = 48 << 20
	opMsg       = 2013
)

// read returns one message. It begins with its length, which includes itself.
func read(from io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(length[:])
	if size < headerBytes || size > maxBytes {
		return nil, errors.New("invalid message length")
	}
	message := make([]byte, size)
	copy(message, length[:])
	_, err := io.ReadFull(from, message[4:])
	return message, err
}

// moreToCome returns whether the sender expects no reply.
func moreToCome(message []byte) bool {
	if len(message) < headerBytes+4 || binary.LittleEndian.Uint32(message[12:]) != opMsg {
		return false
	}
	return binary.LittleEndian.Uint32(message[headerBytes:])&2 != 0
}
