// SPDX-License-Identifier: Apache-2.0

// The program webserver is the real server of the demonstration: it answers every request with the name it
// was given. For /slow it takes five seconds.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: webserver NAME")
	}
	name := os.Args[1]
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, name) })
	http.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Second)
		fmt.Fprintln(w, name, "has taken its time")
	})
	log.Fatal(http.ListenAndServe(":80", nil))
}
