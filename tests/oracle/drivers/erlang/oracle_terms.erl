%% The normal forms of the README: reasons and messages of OTP as texts and lists without process ids, and back.
-module(oracle_terms).
-export([reason/1, to_reason/1, message/2, text/1]).

%% A reason as a text: normal, shutdown, shutdown:DETAIL, kill, killed, noproc, timeout, error:TEXT, custom:TEXT.
reason(Word) when Word =:= normal; Word =:= shutdown; Word =:= kill; Word =:= killed; Word =:= noproc; Word =:= timeout ->
    atom_to_binary(Word);
%% A bare text is what `crash` throws, where OTP tells the error without its stack.
reason(Text) when is_binary(Text) -> <<"error:", Text/binary>>;
reason(Function) when is_function(Function) -> <<"custom:a function">>;
reason({custom, Text}) when byte_size(Text) > 65_535 -> <<"custom:a long text">>;
reason({custom, Text}) -> <<"custom:", Text/binary>>;
%% A callback gave what no callback may give.
reason(nonsense) -> <<"error:nonsense">>;
reason({{Bad, _}, [_ | _]}) when Bad =:= bad_action_from_state_function; Bad =:= bad_return_from_state_function -> reason(nonsense);
reason({Bad, _}) when Bad =:= bad_action_from_state_function; Bad =:= bad_return_value -> reason(nonsense);
%% Who called a process that ended exits with that process's reason and the call.
reason({Reason, {Module, Call, Arguments}}) when is_atom(Module), is_atom(Call), is_list(Arguments) -> reason(Reason);
reason({shutdown, {failed_to_start_child, Child, Reason}}) ->
    <<"shutdown:failed_to_start_child ", (text(Child))/binary, " ", (reason(Reason))/binary>>;
reason({shutdown, Detail}) -> <<"shutdown:", (text(Detail))/binary>>;
%% A child that could not be started is told with its specification.
reason({Reason, Child}) when element(1, Child) =:= child -> reason(Reason);
reason({Error, [{Module, Function, _, _} | _]}) when is_atom(Module), is_atom(Function) -> <<"error:", (text(Error))/binary>>;
reason({swapped, {oracle_handler, Name}, _}) -> <<"swapped:", Name/binary>>;
reason({stop, Reason}) -> <<"stop:", (reason(Reason))/binary>>;
reason({'EXIT', Reason}) -> reason(Reason);
reason(Other) -> <<"custom:", (text(Other))/binary>>.

%% What we cannot write down is a reason as any other in OTP.
to_reason(<<"too long">>) -> {custom, binary:copy(<<"x">>, 70_000)};
to_reason(<<"unencodable">>) -> fun oracle_terms:text/1;
to_reason(<<"custom:", Text/binary>>) -> {custom, Text};
to_reason(<<"shutdown:", Detail/binary>>) -> {shutdown, Detail};
to_reason(Word) -> binary_to_existing_atom(Word).

%% A message of a mailbox as a list. The second argument maps the monitors of the process that received it to their names.
message({message, Tag}, _) -> [message, Tag];
message({'DOWN', Ref, process, _, Reason}, Monitors) -> [down, maps:get(Ref, Monitors, <<"?">>), reason(Reason)];
message({'EXIT', Pid, Reason}, _) -> [exit, oracle_world:name_of(Pid), reason(Reason)];
message({_, join, Group, Pids}, _) -> [joined, Group, oracle_world:names_of(Pids)];
message({_, leave, Group, Pids}, _) -> [left, Group, oracle_world:names_of(Pids)];
message({gen_event_EXIT, {oracle_handler, Name}, Reason}, _) -> [handler_gone, Name, reason(Reason)];
message(Other, _) -> [unknown, text(Other)].

text(Text) when is_binary(Text) -> Text;
text(Term) -> iolist_to_binary(io_lib:format("~0tp", [Term])).
