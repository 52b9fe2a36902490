%% JSON, as much of it as the line protocol uses: no fractions, no letters beyond ASCII.
%% An object is a map with binary keys, an array a list, a text a binary.
-module(oracle_json).
-export([decode/1, encode/1]).

decode(Text) ->
    {Value, Rest} = value(blanks(Text)),
    <<>> = blanks(Rest),
    Value.

value(<<"{", Rest/binary>>) -> object(blanks(Rest), #{});
value(<<"[", Rest/binary>>) -> array(blanks(Rest), []);
value(<<"\"", Rest/binary>>) -> text(Rest, <<>>);
value(<<"true", Rest/binary>>) -> {true, Rest};
value(<<"false", Rest/binary>>) -> {false, Rest};
value(<<"null", Rest/binary>>) -> {null, Rest};
value(<<"-", Rest/binary>>) -> {Number, Left} = number(Rest, 0), {-Number, Left};
value(<<Digit, _/binary>> = Text) when Digit >= $0, Digit =< $9 -> number(Text, 0).

number(<<Digit, Rest/binary>>, Sum) when Digit >= $0, Digit =< $9 -> number(Rest, Sum * 10 + Digit - $0);
number(Rest, Sum) -> {Sum, Rest}.

object(<<"}", Rest/binary>>, Map) -> {Map, Rest};
object(<<",", Rest/binary>>, Map) -> object(blanks(Rest), Map);
object(<<"\"", Text/binary>>, Map) ->
    {Key, Rest} = text(Text, <<>>),
    <<":", After/binary>> = blanks(Rest),
    {Value, Left} = value(blanks(After)),
    object(blanks(Left), Map#{Key => Value}).

array(<<"]", Rest/binary>>, List) -> {lists:reverse(List), Rest};
array(<<",", Rest/binary>>, List) -> array(blanks(Rest), List);
array(Text, List) ->
    {Value, Rest} = value(Text),
    array(blanks(Rest), [Value | List]).

text(<<"\"", Rest/binary>>, Sum) -> {Sum, Rest};
text(<<"\\", Letter, Rest/binary>>, Sum) when Letter =:= $"; Letter =:= $\\; Letter =:= $/ -> text(Rest, <<Sum/binary, Letter>>);
text(<<Letter, Rest/binary>>, Sum) when Letter >= $\s, Letter =/= $\\ -> text(Rest, <<Sum/binary, Letter>>).

blanks(<<Blank, Rest/binary>>) when Blank =:= $\s; Blank =:= $\n; Blank =:= $\r; Blank =:= $\t -> blanks(Rest);
blanks(Text) -> Text.

encode(Map) when is_map(Map) ->
    [${, lists:join($,, [[encode(Key), $:, encode(Value)] || {Key, Value} <- lists:sort(maps:to_list(Map))]), $}];
encode(List) when is_list(List) -> [$[, lists:join($,, [encode(Value) || Value <- List]), $]];
encode(Number) when is_integer(Number) -> integer_to_binary(Number);
encode(Word) when Word =:= true; Word =:= false; Word =:= null -> atom_to_binary(Word);
encode(Atom) when is_atom(Atom) -> encode(atom_to_binary(Atom));
encode(Text) when is_binary(Text) -> [$", [escaped(Letter) || <<Letter>> <= Text], $"].

escaped(Letter) when Letter =:= $"; Letter =:= $\\ -> [$\\, Letter];
escaped(Letter) when Letter < $\s; Letter > $~ -> io_lib:format("\\u~4.16.0b", [Letter]);
escaped(Letter) -> Letter.
