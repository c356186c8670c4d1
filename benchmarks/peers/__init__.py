"""The simulator beside other tools that one may test a program with: `make peers`."""
