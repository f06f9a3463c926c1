# Filters and what jq 1.6 makes of them: `bash cases.sh > jq-1.6.out` where that jq is installed.
lab=$(mktemp -d); cd $lab
cat > a.json <<'EOF_'
[1,{"a":2}]
EOF_
cat > broken.json <<'EOF_'
{"a":1}
[1 2]
EOF_
cat > four.json <<'EOF_'
1
2
3
4
EOF_
cat > inspect.json <<'EOF_'
[{"Id":"sha256:ab","GraphDriver":{"Data":{"LowerDir":"/a/diff:/b/diff"}},"RootFS":{"Layers":["sha256:1","sha256:2"]}}]
EOF_
cat > lines.txt <<'EOF_'
a
b
EOF_
cat > stream.json <<'EOF_'
{"a":1}

5
EOF_
cat > three.json <<'EOF_'
1 2 3
EOF_
printf '[1,]\n' > trailing.json; printf ']' > closed.json; printf 'tru\n' > word.json
printf '"abc\n' > text.json; printf '{"a" 1}\n' > colon.json
cat > unfinished.json <<'EOF_'
{"a":1
EOF_
# These end without a newline.
for f in unfinished.json three.json lines.txt; do printf %s "$(cat $f)" > $f; done
a() { jq "$@" 2>&1; echo "= $?"; }
a .a a.json
a '.[0].b' a.json
a '.[]' stream.json
a -c '.[]|.[]?' a.json
a -n '1e17,1e18,1e19,0.1,1e-5,1e-7,3.0,123456789012,1e1000,1.5e300,nan,infinite,-0,0.00012345,100000,1234567.891,1e16,123456789012345678'
a -n '[1,2'
a -n foo
a -n '1 +'
a -n '{a:1'
a . unfinished.json
a . nofile
a -n '"a" + 1'
a -n '{} - 1'
a -n '[] | join(",")'
a -n '{"a":[1,{"b":null}]}'
a -nc '{"a":[1,{"b":null}],"é":"\u0001<"}'
a -nr '"a\tb"'
a -nj '1,"x"'
a -n '@csv "\([1,"a\"b"])", ([1,"b"]|@tsv), ("a b"|@sh), ("a&b<"|@html), ("a b/é"|@uri), ("hi"|@base64), ("aGk="|@base64d), ([1,"x"]|@sh), ([1]|@json)'
a -n 'def f: 1; f'
a -n '$x'
a --arg x 5 -n '$x, $ARGS'
a --zzz
a -n 'error("x")'
a -n 'error({a:1})'
a -nc '{a:{b:1}}|.a.b|=.+1'
a -nc '[3,1,2]|sort,min,max,add,length,(.[1:]|first)'
a -e -n null
a -e -n empty
a -e -n 1
a -n '"x" as [$a] | $a'
a -nc '{"a":1}|keys[0] as $k|{($k):2}, {$k}, {"b\($k)":3}, {a:(1,2)}'
a -nc '[limit(3;range(10))],[range(0;10;3)]'
a -n '"abc"|test("B";"i"),test("b.$"),test("b")'
a -nc '[.[]?]'
a -n 'try error("q") catch .'
a -nc '[1,[2]]|flatten, tojson, (tojson|fromjson), tostring'
a -n '5%0'
a -n '{} | .a.b.c'
a -n '"abc"|.[1:2]'
a -nc '[1,2,3]|.[-1], .[1:], index(2), (.[0:2]|contains([1]))'
a -sc . three.json
a -R . lines.txt
a -Rs . lines.txt
a -rn --tab '{a:[1]}'
a -n --indent 1 '[1]'
a -nSc '{b:1,a:{d:1,c:2}}'
a --arg
a -n '"\u00e9"' -a
a -n --argjson x '{"a":' '$x'
a -nc '$ARGS.positional' --args a b
a -n '"test"|.[0]'
a -n '[1,2]|.["a"]?'
a -nc '{"a":{"b":5}}|to_entries'
a -nc '[{"name":"x","value":1}]|from_entries'
a -nc '{} | .a += 1'
a -n '{"a":"veryverylongstring"} | .a | .b'
a -n '{"a":"veryverylongstring"} - 1'
a -n '["veryverylongstring"] | .[] | keys'
a -n 'if 1 then 2 else 3 end, if null then 1 elif false then 2 else 3 end'
a -n '"x" * 0, "ab" * 2'
a -nc '[1,null,2]|map(values)'
a -n 'def f(x): x*2; f(3)'
a -n 'def f($x): $x+x; f(3)'
a -nc '[0|recurse(if . < 3 then .+1 else empty end)]'
a -nc 'reduce range(5) as $i (0;.+$i), [foreach range(3) as $i (0;.+$i;[$i,.])]'
a -n 'label $f | 1, break $f, 2'
a -nc '1 as $x | 2 as $y | [$x,$y]'
a -nc '{"a":1,"b":[2]}|paths, leaf_paths'
a -nc '[1,[2]]|getpath([1,0]), getpath([5,1])'
a -nc '{"a":1}|del(.a), del(.b)'
a -nc '[1,2,3]|del(.[0,1]), del(.[1:])'
a -nc '[[1,2],[3,4]]|.[][0]'
a -nc '{"a":[{"b":1},{"b":2}]}|[.a[]|select(.b>1)]'
a -nc '[1,2]-[2], ("a/b"/"/")'
a -n '10/4, 7%3, -7%3, 5%-2'
a -nc '[{"a":2},{"a":1},{"a":2}]|sort_by(.a), group_by(.a), unique_by(.a), min_by(.a), max_by(.a)'
a -nc '{"a":1}*{"b":{"c":2}}*{"b":{"d":3}}'
a -nc '[1,2]|to_entries'
a -nc '{"b":2,"a":1}|keys, keys_unsorted, length, map_values(.+1), with_entries(.value+=1), add'
a -nc '"a,b"|split(","), ascii_upcase, ltrimstr("a"), rtrimstr("b"), startswith("a"), endswith("x"), length, utf8bytelength, explode'
a -nc '[1,[2,[3]]]|flatten(1), (.. | numbers), any, all, reverse'
a -nc '[true,false]|any, all'
a -nc '{"a":[1,2]}|.a[1]=5, .a[0]|=.+1, (.a[]|=.*2), (.c//="d")'
a -nc '.a.b.c = 1, (.[2] = 1)'
a -nc '{"a":{"b":1}}|has("a"), has("x"), (.a|has("b")), ("a"|in({"a":1})), contains({"a":{"b":1}}), inside({"a":{"b":1},"c":2})'
a -nc '[.] | first, last, nth(0), [first(range(5))], [limit(0;1,2)], until(true;.), [.[]|tostring]'
a -nc '"\(1+2) is \("x")"'
a -nc '[1,"1",null,true,[1],{"a":1}]|map(type), map(tojson), sort'
a -nc '"12"|tonumber, (tonumber|tostring)'
a -nc '{"a":null}|.a//"d", (.b//empty), ([.a,.b]|map(.//0))'
a -nc '2|IN(1,2), IN(3)'
a -nc '[limit(-1;1,2)], [limit(0;1,2)]'
a . trailing.json
a . closed.json
a . word.json
a . text.json
a . colon.json
a -nc 'input' stream.json
a -c '[., input]' four.json
a -nc '[inputs]' four.json
a -c . broken.json
a -n '[1,2] | .a'
a -n '1 | .[0]'
a -n '{} | .[0]'
a -n '[] | has("a")'
a -n '{"a":1} | .a.b = 2'
a -n 'null | keys'
a -n '"a" | tonumber'
a -n '[1] | .["a"] = 1'
a -n '{a:1} | .a |= empty'
a -nc '[1,2,3] | map(select(. > 1) | . * 10) | add'
a -nr '.GraphDriver // "none"'
a -r '.[0].GraphDriver.Data.LowerDir | split(":")[]' inspect.json
a '.[0].RootFS.Layers | length' inspect.json
a -r '.[] | "\(.Id)\t\(.RootFS.Layers[0])"' inspect.json
a '.[0] | {Id, layers: .RootFS.Layers}' inspect.json
a -n 'splits'
a -n '1 as $x | $y'
a -n '.a.[0]'
a -n '"\(1;2)"'
a -n '}'
a -n 'try (1,error("x"),3) catch .'
a -nc '[.[] as $x | $x]'
a -nc '[[1,2],[3,4]] | .[] as [$a,$b] | {a:$a,b:$b}'
a -nc '{"a":1,"b":[2,{"c":3}]} as {a:$x, b:[$y,{$c}]} | [$x,$y,$c]'
a -nc '[1,2,3] as [$a] | $a'
a -n '@text "a\(1)", @json "b\("x")"'
a -n '[1,2]|@csv, @tsv'
a -n '{}|@csv'
a -nc '[3,2,1]|sort_by(-.)'
a -nc '[range(3)]|map(.*2)|indices(2), index(4), rindex(0)'
a -nc '"a,b, cd"|indices(",")'
a -nc '[[1,2],[3]]|transpose'
a -nc '[1,2,1]|unique, (.[1:]|min)'
a -nc '{"a":[1,{"b":2}]}|walk(if type=="number" then .+1 else . end)'
a -nc 'path(.a[0].b), [paths]'
a -nc '[while(false;.)], [1|while(.<10;.*2)], (1|until(.>50;.*3)), [limit(3;repeat(1))]'
a -n '1, 2 | . * 10'
a -n '1 // 2 // 3, (null // false // 3)'
a -n '1 == 1.0, "a" < "b", [] < {}, null < false'
a -n 'true and (false or true), (true,false | not)'
a -nc 'env|type, ($ENV|type)'
