// Command process times whole processes: each command in turn, round after
// round, so that a machine that slows down slows all of them alike. It prints
// the minimum, median and maximum wall time and the median CPU time.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	runs := flag.Int("runs", 21, "counted runs of each command")
	flag.Parse()
	if err := measure(flag.Args(), *runs); err != nil {
		fmt.Fprintln(os.Stderr, "process:", err)
		os.Exit(1)
	}
}

// measure runs every command once to warm up and then runs times.
func measure(commands []string, runs int) error {
	wall := make([][]time.Duration, len(commands))
	cpu := make([][]time.Duration, len(commands))
	for round := range runs + 1 {
		for i, command := range commands {
			words := strings.Fields(command)
			cmd := exec.Command(words[0], words[1:]...)
			start := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w\n%s", command, err, out)
			}
			if round == 0 {
				continue
			}
			wall[i] = append(wall[i], time.Since(start))
			cpu[i] = append(cpu[i], cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		}
	}
	fmt.Printf("%8s %8s %8s %8s  %s\n", "min", "median", "max", "cpu", "command")
	for i, command := range commands {
		slices.Sort(wall[i])
		slices.Sort(cpu[i])
		fmt.Printf("%8.1f %8.1f %8.1f %8.1f  %s\n", ms(wall[i][0]), ms(wall[i][runs/2]), ms(wall[i][runs-1]), ms(cpu[i][runs/2]), command)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
