%% A supervisor whose one child tells when it is up.
-module(one_child).
-behaviour(supervisor).
-export([start/1, init/1, child/1]).

start(Whom) -> supervisor:start_link(?MODULE, Whom).

init(Whom) ->
    Child = #{id => child, start => {?MODULE, child, [Whom]}},
    {ok, {#{strategy => one_for_one, intensity => 1000000, period => 1}, [Child]}}.

child(Whom) ->
    {ok, spawn_link(fun() -> Whom ! {up, self()}, receive stop -> ok end end)}.
