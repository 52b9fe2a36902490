module example.com/{{ name }}

go 1.22

require github.com/reenact/reenact-go v{{ version }}
