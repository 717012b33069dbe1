### A moldura de um relatório.

report-stage = A tentativa chegou até: { $stage }
report-strategy = A conexão “{ $name }” está definida para tentar: { $tunnel }
report-strategy-automatic = A conexão “{ $name }” está definida como Automática (Automatic): quais protocolos ela tenta, e em que ordem, depende da versão do Windows.
report-not-enough = As evidências não bastam para indicar uma causa.
report-collect = Acrescente os logs das duas pontas do mesmo minuto, ou uma captura de UDP 500 e 4500, ESP, TCP 1723 e GRE feita durante uma tentativa de conexão.
report-only-words = Isto se apoia no que alguém escreveu; nada do que foi lido o mostra. O que o confirmaria está em cada item.
report-codes = Um cliente Windows mostra: { $codes }
report-evidence = A favor:
report-written = Alguém escreveu:
report-against = Contra:
report-settle = O que tira a dúvida:
report-fix-at = Onde alterar: { $where }
report-undo = Para desfazer:
report-price = O preço:
report-backup = Antes, para guardar o estado atual:
report-do = Para fazer:

# O veredito, acima de tudo.
report-verdict-sure = Quase certo: { $cause } ({ $percent }%)
report-verdict-likely = Provável: { $cause } ({ $percent }%)
report-verdict-possible = Possível: { $cause } ({ $percent }%)
report-verdict-healthy = { $cause }

# Títulos e rótulos da página.
report-title = Por que a conexão falha
report-findings = O que foi encontrado
report-confidence = Confiança: { $percent }%
report-fixes = O que resolve
report-story = O que aconteceu, em ordem
report-story-explained = As setas são mensagens entre cliente e servidor; ×5 significa que o mesmo foi visto cinco vezes. Uma seta que termina no meio ficou sem resposta. A marca mostra onde falhou.
report-story-empty = Nenhum evento de uma tentativa de conexão foi visto.
report-failed-here = falhou aqui
report-left-out = mais { $count } eventos foram omitidos aqui
report-no-answer = sem resposta
report-sources = O que foi lido
report-source-name = Fonte
report-source-kind = Tipo
report-source-side = De quem
report-source-span = De e até
report-source-trouble = O que não pôde ser lido
report-made = Gerado pelo Causeway { $version } em { $time }
report-private = Esta página contém nomes, endereços e linhas dos seus logs.

# De quem é uma fonte ou um evento; as três colunas da figura são cliente, rede e servidor.
side-client = cliente
side-server = servidor
side-wire = no caminho
side-probe = sonda
side-authenticator = servidor RADIUS
side-unknown = desconhecido
lane-path = rede

# Faixas da figura. Nomes de protocolos ficam como são.
band-host = Máquina
band-network = Rede
band-ike-1 = IKE, fase 1
band-ike-2 = IKE, fase 2
band-esp = ESP
band-pptp = PPTP
band-l2tp = L2TP
band-ppp = PPP
band-radius = RADIUS
band-up = Conectado
band-reported = Relatado

# Tipos de fontes. No caso do log de um produto, aparece o nome do produto.
kind-capture = captura
kind-syslog = log do sistema
kind-kernel-log = log do kernel
kind-windows-events = log de eventos do Windows
kind-registry = Registro
kind-services = serviços
kind-addresses = endereços
kind-routes = rotas
kind-sockets = sockets
kind-ping = ping
kind-sysctl = configurações do kernel
kind-packet-filter = filtro de pacotes
kind-profile = configurações da conexão
kind-windows-trace = rastreamento do Windows
kind-bundle = pacote de evidências
kind-probe = sonda
kind-live = este programa
kind-words = o que alguém escreveu
kind-unknown = não reconhecido

# Relógios das fontes.
clock-reference = Os horários são os de { $name }.
clock-same = O relógio de { $name } coincide com o de { $other } ({ $pairs } eventos vistos por ambos).
clock-ahead = O relógio de { $name } está { $offset } adiantado em relação ao de { $other } ({ $pairs } eventos vistos por ambos); os horários são mostrados corrigidos.
clock-behind = O relógio de { $name } está { $offset } atrasado em relação ao de { $other } ({ $pairs } eventos vistos por ambos); os horários são mostrados corrigidos.
clock-zone = É um número inteiro de horas ou de quartos de hora: provavelmente outro fuso horário.
clock-unpaired = Não foi possível comparar com os outros o relógio de: { $names }. Poucos eventos foram vistos em comum. Os horários são mostrados como estão.

# A primeira pergunta do suporte, feita em um terminal.
ask-scope = Quem não consegue conectar? (Enter: não sei)
ask-scope-user = um usuário ou uma máquina; outros conectam
ask-scope-site = todos em um local, atrás do mesmo roteador
ask-scope-everyone = todos
ask-scope-again = Responda 1, 2 ou 3, ou só Enter.

explain-unknown = “{ $asked }” não é um número nem uma mensagem conhecida. Informe o número que o cliente mostra ou a linha inteira.
explain-stage = Surge nesta etapa: { $stage }
explain-causes = O que há por trás, do mais provável ao menos:

### Etapas de uma tentativa e lugares onde os códigos surgem.

stage-local = dentro da máquina do cliente
stage-device = o dispositivo ou adaptador virtual no cliente
stage-logon = logon no Windows
stage-sharing = Compartilhamento de Conexão com a Internet, não a VPN
stage-strategy = a escolha do tipo de túnel
stage-net-name = resolução do nome do servidor
stage-net-route = a rota até o servidor
stage-net-ports = as portas UDP desta máquina
stage-transport = alcançar o servidor
stage-pptp-control = conexão de controle PPTP (TCP 1723)
stage-pptp-call = chamada PPTP, com GRE
stage-sstp = SSTP (HTTPS)
stage-ike = negociação IPsec (IKE)
stage-ike-phase1 = IKE, fase 1: troca de chaves e prova de identidade
stage-ike-phase2 = IKE, fase 2: proteção do tráfego
stage-ike-v2 = IKEv2: endereço interno e seletores de tráfego
stage-esp = IPsec ativo; pacotes por ele (ESP)
stage-l2tp-tunnel = estabelecimento do túnel L2TP
stage-l2tp-call = a chamada no túnel L2TP
stage-ppp = PPP
stage-ppp-lcp = PPP: acordo sobre o link (LCP)
stage-ppp-auth = PPP: nome de usuário e senha
stage-ppp-eap = PPP: autenticação por EAP
stage-ppp-ccp = PPP: compactação e criptografia (CCP, MPPE)
stage-ppp-network = PPP: endereço e protocolos de rede (IPCP, IPv6CP)
stage-server = configuração ou limites do servidor
stage-radius = RADIUS, entre o servidor VPN e o servidor de autenticação
stage-policy = política de acesso remoto do servidor
stage-up = conectado
