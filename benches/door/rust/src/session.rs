//! Asks over one session of the runtime protocol, as a connection of an SDK makes them: in frames, many in flight.

use std::time::Instant;

use http::Uri;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::connection::Connection;
use crate::contract::runtime::actor_service_client::ActorServiceClient;
use crate::contract::runtime::{Ask, SessionRequest, reply};
use crate::contract::{AddRequest, AddResponse, SayRequest, SayResponse};
use crate::measured::{Taken, Window};
use crate::{CONNECTIONS, TEXT, counter};

const FRAMES: usize = 16;

/// What is asked.
struct Load {
    service: &'static str,
    in_flight: usize,
    /// The key and the message of the ask of this number.
    ask: fn(usize) -> (String, Vec<u8>),
    /// Whether that is a good reply.
    is_good: fn(&[u8]) -> bool,
}

/// A thousand in flight, to as many actors as there are connections elsewhere.
pub async fn say(connection: Connection, origin: Uri, window: Window) -> Taken {
    let ask = |number| {
        let key = format!("caller-{}", number % CONNECTIONS);
        let message = SayRequest { key: key.clone(), text: TEXT.to_owned() };
        (key, message.encode_to_vec())
    };
    let is_good = |reply: &[u8]| SayResponse::decode(reply).is_ok_and(|response| response.text == TEXT);
    run(connection, origin, window, Load { service: "bench.v1.Echo", in_flight: 1_000, ask, is_good }).await
}

/// As many in flight as there are connections elsewhere, to all counters in turn.
pub async fn add(connection: Connection, origin: Uri, window: Window) -> Taken {
    let ask = |number| {
        let key = counter(number);
        let message = AddRequest { key: key.clone(), amount: 1 };
        (key, message.encode_to_vec())
    };
    let is_good = |reply: &[u8]| AddResponse::decode(reply).is_ok_and(|response| response.value > 0);
    let load = Load { service: "bench.v1.Counter", in_flight: CONNECTIONS, ask, is_good };
    run(connection, origin, window, load).await
}

/// Keeps so many asks in flight: what was answered is asked again, in one frame. An ask's number is one more than its place in
/// `began`, because none has the number 0.
async fn run(connection: Connection, origin: Uri, window: Window, load: Load) -> Taken {
    let (send, frames) = mpsc::channel(FRAMES);
    let mut client = ActorServiceClient::with_origin(connection, origin);
    let mut answers = client.session(ReceiverStream::new(frames)).await.expect("opens").into_inner();
    let welcome =
        answers.message().await.expect("good").expect("a frame").welcome.expect("the first frame welcomes");
    let kind =
        welcome.kinds.iter().position(|kind| kind.service == load.service).expect("the server has it") as u32;
    let mut asked = 0;
    let mut ask = |at: usize, began: &mut [Instant]| {
        let (key, payload) = (load.ask)(asked);
        asked += 1;
        began[at] = Instant::now();
        Ask { id: at as u64 + 1, kind, key, payload, ..Ask::default() }
    };
    let mut taken = Taken::default();
    let mut began = vec![Instant::now(); load.in_flight];
    let asks = (0..load.in_flight).map(|at| ask(at, &mut began)).collect();
    send.send(SessionRequest { asks, cancelled: Vec::new() }).await.expect("sent");
    loop {
        let frame = answers.message().await.expect("good").expect("a frame");
        let mut again = Vec::with_capacity(frame.replies.len());
        for answer in frame.replies {
            let Some(reply::Outcome::Payload(payload)) = answer.outcome else { panic!("{answer:?}") };
            assert!((load.is_good)(&payload));
            let at = answer.id as usize - 1;
            if !taken.note(began[at], window) {
                return taken;
            }
            again.push(ask(at, &mut began));
        }
        if !again.is_empty() {
            send.send(SessionRequest { asks: again, cancelled: Vec::new() }).await.expect("sent");
        }
    }
}
