# To be sourced in Kubernetes' source: its reflect2 calls the runtime as Go did before 1.18. Built by a later Go, it has the
# runtime write to wherever a register happens to point, and the API server falls over now and then. Since 1.18 the caller
# brings the iterator, as large as the runtime has it.
reflect2=vendor/github.com/modern-go/reflect2
if grep -q "m unsafe.Pointer) \*hiter" "$reflect2/unsafe_link.go"; then
  sed -i \
    -e 's/^func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer) \*hiter$/func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer, it *hiter)/' \
    -e 's|^\t// rest fields are ignored$|\tpointers [6]unsafe.Pointer // t, h, buckets, bptr, overflow, oldoverflow\n\twords [4]uintptr // startBucket; offset, wrapped, B and i; bucket; checkBucket|' \
    "$reflect2/unsafe_link.go"
  sed -i \
    -e '/^func (type2 \*UnsafeMapType) UnsafeIterate/a\	it := new(hiter)\n\tmapiterinit(type2.rtype, *(*unsafe.Pointer)(obj), it)' \
    -e 's/^\t\thiter: .*mapiterinit(.*$/\t\thiter: it,/' \
    "$reflect2/unsafe_map.go"
fi
