module github.com/ipvsadm-go/ipvsadm

go 1.25.0
