{{ stage('rand') }}
